import { connect } from 'node:tls';

/** What the control plane's certificate is for, whatever the address by which a node reaches it. */
export const SERVER_NAME = 'controlplane';

/**
 * The CA (PEM) at the end of the chain that answers at `address` (`host:port`). Nothing vouches for it until whoever
 * answers has proven to know the join token. Rejects when nobody answers within `timeout` milliseconds.
 */
export function readCa(address: string, timeout: number): Promise<string> {
  const at = address.lastIndexOf(':');
  const host = address.slice(0, at).replace(/^\[(.*)\]$/, '$1');
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port: Number(address.slice(at + 1)),
      servername: SERVER_NAME,
      ALPNProtocols: ['h2'],
      rejectUnauthorized: false,
      timeout,
    });
    const fail = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    socket.on('error', fail);
    socket.on('timeout', () => fail(new Error(`${address} did not answer within ${timeout / 1000} s`)));
    socket.on('secureConnect', () => {
      const certificate = socket.getPeerX509Certificate();
      const ca = certificate?.issuerCertificate ?? certificate;
      socket.destroy();
      if (ca === undefined) reject(new Error(`${address} showed no certificate`));
      else resolve(ca.toString());
    });
  });
}
