import * as net from 'node:net';

const CONNECT_TIMEOUT = 10_000;

/** Errors of connecting as Go, and so every Kubernetes client, words them. */
const WORDS = new Map([
  ['ECONNREFUSED', 'connect: connection refused'],
  ['EHOSTUNREACH', 'connect: no route to host'],
  ['ENETUNREACH', 'connect: network is unreachable'],
  ['EADDRNOTAVAIL', 'connect: cannot assign requested address'],
  ['ETIMEDOUT', 'connect: connection timed out'],
  ['EINVAL', 'connect: invalid argument'],
]);

/**
 * A TCP connection from this node's network namespace, which both sides may close one direction at a time. Rejects in Go's words
 * (`dial tcp 10.96.0.5:443: connect: connection refused`), also when it takes more than `timeout` milliseconds.
 */
export function dialTcp(address: string, port: number, timeout = CONNECT_TIMEOUT): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: address, port, allowHalfOpen: true, noDelay: true });
    const fail = (why: string): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(new Error(why));
    };
    const where = `dial tcp ${net.isIPv6(address) ? `[${address}]` : address}:${port}`;
    const timer = setTimeout(() => fail(`${where}: i/o timeout`), timeout);
    const failed = (error: Error): void => {
      const { code = '', message } = firstOf(error);
      if (code.startsWith('EAI_') || code === 'ENOTFOUND')
        return fail(`dial tcp: lookup ${address}: no such host`);
      fail(`${where}: ${WORDS.get(code) ?? message}`);
    };
    socket.once('error', failed);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', failed);
      resolve(socket);
    });
  });
}

/** A name of several addresses fails with an error for each. */
function firstOf(error: Error): NodeJS.ErrnoException {
  return error instanceof AggregateError ? (error.errors[0] as NodeJS.ErrnoException) : error;
}
