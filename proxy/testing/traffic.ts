import { createSocket } from 'node:dgram';
import { createServer as createHttpServer, request } from 'node:http';
import { connect, createServer } from 'node:net';

export interface Question {
  readonly protocol: 'http' | 'tcp' | 'udp';
  readonly host: string;
  readonly port: number;
  /** The client's own address. */
  readonly from?: string;
  /** UDP: the client's own port, by which the kernel knows it again. */
  readonly fromPort?: number;
  /** Milliseconds to wait for the answer. */
  readonly timeout?: number;
}

const TIMEOUT = 1500;
const late = (): Error => new Error('timeout');
const udpOf = (host: string): 'udp4' | 'udp6' => (host.includes(':') ? 'udp6' : 'udp4');

/** Starts a server that says its name and the client's address. The TCP one waits for the client's half to end. */
export function serve(
  protocol: Question['protocol'],
  host: string,
  port: number,
  name: string,
): Promise<void> {
  const say = (address: string | undefined): string => `${name} ${address}`;
  return new Promise((resolve) => {
    if (protocol === 'http')
      createHttpServer((incoming, response) => response.end(say(incoming.socket.remoteAddress))).listen(
        port,
        host,
        resolve,
      );
    if (protocol === 'tcp')
      createServer({ allowHalfOpen: true }, (socket) => {
        socket.on('error', () => {}).resume();
        socket.on('end', () => socket.end(say(socket.remoteAddress)));
      }).listen(port, host, resolve);
    if (protocol === 'udp') {
      const socket = createSocket(udpOf(host));
      socket.on('message', (_, from) => socket.send(say(from.address), from.port, from.address));
      socket.bind(port, host, resolve);
    }
  });
}

/** Resolves with the server's answer. Rejects with the socket's error, or with `timeout`. */
export function exchange(question: Question): Promise<string> {
  if (question.protocol === 'http') return askHttp(question);
  return question.protocol === 'tcp' ? askTcp(question) : askUdp(question);
}

const askHttp = ({ host, port, from, timeout = TIMEOUT }: Question): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = '';
    const options = {
      host,
      port,
      agent: false,
      timeout,
      ...(from === undefined ? {} : { localAddress: from }),
    };
    const call = request(options, (response) => {
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('error', reject);
      response.on('end', () => (response.statusCode === 200 ? resolve(text) : reject(new Error(text))));
    });
    call.on('error', reject).on('timeout', () => call.destroy(late()));
    call.end();
  });

const askTcp = ({ host, port, from, timeout = TIMEOUT }: Question): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = '';
    const socket = connect({
      host,
      port,
      timeout,
      allowHalfOpen: true,
      ...(from === undefined ? {} : { localAddress: from }),
    });
    socket.on('data', (chunk) => (text += chunk.toString()));
    socket.on('end', () => resolve(text)).on('error', reject);
    socket.on('timeout', () => socket.destroy(late())).end('hello');
  });

const askUdp = ({ host, port, from, fromPort, timeout = TIMEOUT }: Question): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = createSocket({ type: udpOf(host), reuseAddr: true });
    const timer = setTimeout(() => socket.close(() => reject(late())), timeout);
    const end = (done: () => void): void => {
      clearTimeout(timer);
      socket.close(done);
    };
    socket.on('message', (message) => end(() => resolve(message.toString())));
    socket.on('error', (error) => end(() => reject(error)));
    // Connected, because the kernel tells only connected sockets of an ICMP error.
    const send = (): void => socket.connect(port, host, () => socket.send('hello'));
    if (from === undefined && fromPort === undefined) return send();
    socket.bind(
      {
        ...(from === undefined ? {} : { address: from }),
        ...(fromPort === undefined ? {} : { port: fromPort }),
      },
      send,
    );
  });
