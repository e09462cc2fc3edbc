/** Runs in one network namespace of a test's lab and does there what the test asks for over IPC. */
import { createSocket } from 'node:dgram';
import { createServer as createHttpServer, request } from 'node:http';
import { connect, createServer } from 'node:net';
import type { Logger } from 'pino';
import { realClock } from '#api/clock.ts';
import type { ServicePort } from '../service-port.ts';
import { createNftablesProxier } from '../nftables/nftables-proxier.ts';
import type { Proxier, ProxyMode } from '../proxier.ts';
import { createUserspaceProxier } from '../userspace/userspace-proxier.ts';

export interface Question {
  readonly protocol: 'http' | 'tcp' | 'udp';
  readonly host: string;
  readonly port: number;
  /** Milliseconds to wait for the answer. */
  readonly timeout?: number;
}

/** Who answered, and whose address it saw; or why there was none. */
export interface Answer {
  readonly name?: string;
  readonly seen?: string;
  readonly error?: string;
  readonly milliseconds: number;
}

const TIMEOUT = 1500;
const late = (): Error => new Error('timeout');
const NO_LOG = {
  warn() {},
  info() {},
  debug() {},
  error: console.error,
  child: () => NO_LOG,
} as unknown as Logger;
let proxier: Proxier | undefined;

/** Servers say their name and the client's address. The TCP one waits for the client's half to end. */
const calls = {
  async serve(protocol: Question['protocol'], port: number, name: string): Promise<void> {
    const say = (address: string | undefined): string => `${name} ${address}`;
    await new Promise<void>((resolve) => {
      if (protocol === 'http')
        createHttpServer((incoming, response) => response.end(say(incoming.socket.remoteAddress))).listen(
          port,
          '0.0.0.0',
          resolve,
        );
      if (protocol === 'tcp')
        createServer({ allowHalfOpen: true }, (socket) => {
          socket.on('error', () => {}).resume();
          socket.on('end', () => socket.end(say(socket.remoteAddress)));
        }).listen(port, '0.0.0.0', resolve);
      if (protocol === 'udp') {
        const socket = createSocket('udp4');
        socket.on('message', (_, from) => socket.send(say(from.address), from.port, from.address));
        socket.bind(port, '0.0.0.0', resolve);
      }
    });
  },

  async ask(question: Question, times: number): Promise<Answer[]> {
    const answers: Answer[] = [];
    for (let n = 0; n < times; n++) answers.push(await askOnce(question));
    return answers;
  },

  async startProxier(mode: ProxyMode): Promise<void> {
    const options = { log: NO_LOG, serviceCidrs: ['10.96.0.0/16'], clusterPodCidrs: ['10.244.0.0/16'] };
    proxier =
      mode === 'nftables'
        ? createNftablesProxier({
            ...options,
            nodeIps: ['172.30.0.2'],
            localhostNodePorts: true,
            clock: realClock,
          })
        : createUserspaceProxier(options);
    await proxier.sync(new Map());
  },

  /** Milliseconds that it took. */
  async sync(ports: readonly [string, ServicePort][]): Promise<number> {
    const started = performance.now();
    await proxier?.sync(new Map(ports));
    return performance.now() - started;
  },

  async verify(): Promise<boolean> {
    return (await proxier?.verify()) ?? false;
  },

  async stopProxier(): Promise<void> {
    await proxier?.stop();
    proxier = undefined;
  },
};

export type Calls = typeof calls;

async function askOnce(question: Question): Promise<Answer> {
  const started = performance.now();
  try {
    const [name, seen] = (await exchange(question)).split(' ');
    return { name: name!, seen: seen!, milliseconds: performance.now() - started };
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    return { error: why, milliseconds: performance.now() - started };
  }
}

function exchange({ protocol, host, port, timeout = TIMEOUT }: Question): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    if (protocol === 'http') {
      const call = request({ host, port, agent: false, timeout }, (response) => {
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => (response.statusCode === 200 ? resolve(text) : reject(new Error(text))));
      });
      call
        .on('error', reject)
        .on('timeout', () => call.destroy(late()))
        .end();
    } else if (protocol === 'tcp') {
      const socket = connect({ host, port, timeout, allowHalfOpen: true });
      socket.on('data', (chunk) => (text += chunk.toString()));
      socket.on('end', () => resolve(text)).on('error', reject);
      socket.on('timeout', () => socket.destroy(late())).end('hello');
    } else {
      const socket = createSocket('udp4');
      const timer = setTimeout(() => socket.close(() => reject(late())), timeout);
      const end = (done: () => void): void => {
        clearTimeout(timer);
        socket.close(done);
      };
      socket.on('message', (message) => end(() => resolve(message.toString())));
      socket.on('error', (error) => end(() => reject(error)));
      // Connected, because the kernel tells only connected sockets of an ICMP error.
      socket.connect(port, host, () => socket.send('hello'));
    }
  });
}

interface Call {
  readonly id: number;
  readonly name: keyof Calls;
  readonly args: readonly unknown[];
}

process.on('message', ({ id, name, args }: Call) => {
  const work = calls[name] as (...given: readonly unknown[]) => Promise<unknown>;
  work(...args).then(
    (value) => process.send?.({ id, value }),
    (error: unknown) => process.send?.({ id, error: String((error as Error).stack) }),
  );
});
process.on('disconnect', () => process.exit());
process.send?.({ ready: true });
