import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Connects to ports inside network namespaces. Kubernetes connects port-forwards to localhost in the Pod's namespace, so that servers that
 * listen only there are reached. Node cannot enter a namespace, so a second Node process is started in it with `nsenter`, one for each Pod
 * while it is being forwarded to; it takes connections on a Unix socket, whose path does not belong to a network namespace.
 */
export interface PortRelay {
  /** A connection to `port` on localhost in the network namespace of process `pid`. Rejects when nothing listens there. */
  connect(pid: number, port: number): Promise<net.Socket>;
  close(): void;
}

/** Milliseconds for the helper to start, and for it to connect. */
const START_TIMEOUT = 10_000;
const CONNECT_TIMEOUT = 10_000;
/** The helper ends after so many milliseconds without a connection. */
const IDLE = 10_000;

interface Helper {
  readonly socketPath: string;
  readonly process: ChildProcess;
}

/** `enter` gives the command that runs a program in the network namespace of a process. */
export function createPortRelay(
  enter: (pid: number) => readonly string[] = (pid) => ['nsenter', '-t', String(pid), '-n', '--'],
): PortRelay {
  const helpers = new Map<number, Promise<Helper>>();

  function helperFor(pid: number): Promise<Helper> {
    const known = helpers.get(pid);
    if (known !== undefined) return known;
    const forget = (): void => {
      if (helpers.get(pid) === started) helpers.delete(pid);
    };
    const started = startHelper(enter(pid), forget);
    helpers.set(pid, started);
    started.catch(forget);
    return started;
  }

  return {
    async connect(pid, port) {
      const { socketPath } = await helperFor(pid);
      return dial(socketPath, port);
    },
    close() {
      for (const helper of helpers.values())
        helper.then(({ process }) => process.kill()).catch(() => undefined);
    },
  };
}

async function startHelper(enter: readonly string[], ended: () => void): Promise<Helper> {
  const dir = await mkdtemp(join(tmpdir(), 'forward-'));
  const socketPath = join(dir, 'socket');
  const script = `(${relayMain.toString()})(require('node:net'), ${JSON.stringify(socketPath)}, ${IDLE})`;
  const [command, ...args] = [...enter, process.execPath, '-e', script];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  child.on('close', () => {
    ended();
    void rm(dir, { recursive: true, force: true });
  });
  await listening(child);
  return { socketPath, process: child };
}

/** Resolves when the helper says that it listens. */
function listening(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let complaint = '';
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error('entering the network namespace of the Pod took too long'));
    }, START_TIMEOUT);
    child.stderr?.on('data', (data: Buffer) => {
      complaint = (complaint + data.toString()).slice(-1_000);
    });
    child.stdout?.once('data', () => (clearTimeout(timer), resolve()));
    const failed = (why: string): void => {
      clearTimeout(timer);
      reject(new Error(`cannot enter the network namespace of the Pod: ${why}`));
    };
    child.on('error', (error) => failed(error.message));
    child.on('close', (code) => failed(complaint.trim() || `exit code ${code}`));
  });
}

/** Asks the helper for a connection: the port goes first on a line, its answer is `ok` or why not. */
function dial(socketPath: string, port: number): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ path: socketPath, allowHalfOpen: true });
    let answer = Buffer.alloc(0);
    const fail = (why: string): void => {
      socket.destroy();
      reject(new Error(why));
    };
    const timer = setTimeout(() => fail(`connecting to port ${port} timed out`), CONNECT_TIMEOUT);
    const ended = (): void => fail('the connection was closed');
    socket.on('error', (error) => fail(error.message));
    socket.on('close', ended);
    socket.on('close', () => clearTimeout(timer));
    socket.on('data', function read(data: Buffer) {
      answer = Buffer.concat([answer, data]);
      const end = answer.indexOf('\n');
      if (end === -1) return;
      clearTimeout(timer);
      socket.off('data', read);
      socket.off('close', ended);
      socket.pause();
      const text = answer.toString('utf8', 0, end);
      if (text !== 'ok') return fail(text);
      if (answer.length > end + 1) socket.unshift(answer.subarray(end + 1));
      resolve(socket);
    });
    socket.write(`${port}\n`);
  });
}

/**
 * The helper's whole program. It runs in another process by its source text, so it uses nothing but its arguments. IPv4 first, as the
 * kubelet's runtimes do.
 */
function relayMain(network: typeof net, socketPath: string, idle: number): void {
  let open = 0;
  let timer = setTimeout(() => process.exit(0), idle);
  const words = new Map([
    ['ECONNREFUSED', 'connection refused'],
    ['EADDRNOTAVAIL', 'cannot assign requested address'],
    ['ENETUNREACH', 'network is unreachable'],
  ]);
  const inWords = (error: NodeJS.ErrnoException): string =>
    `connect: ${words.get(error.code ?? '') ?? error.message}`;
  const serve = (client: net.Socket, port: number): void => {
    const reach = (host: string, failed: (error: NodeJS.ErrnoException) => void): void => {
      const target = network.connect({ host, port, allowHalfOpen: true });
      target.once('error', failed);
      target.once('connect', () => {
        target.off('error', failed);
        target.on('error', () => client.destroy());
        client.on('error', () => target.destroy());
        client.on('close', () => target.destroy());
        client.write('ok\n');
        client.pipe(target);
        target.pipe(client);
      });
    };
    reach('127.0.0.1', (ipv4) =>
      reach('::1', (ipv6) =>
        client.end(
          `failed to connect to localhost:${port} inside the Pod's network namespace, IPv4: dial tcp4 127.0.0.1:${port}: ${inWords(ipv4)} IPv6 dial tcp6 [::1]:${port}: ${inWords(ipv6)}\n`,
        ),
      ),
    );
  };
  const server = network.createServer({ allowHalfOpen: true }, (client) => {
    open += 1;
    clearTimeout(timer);
    client.on('error', () => {});
    client.on('close', () => {
      open -= 1;
      if (open === 0) timer = setTimeout(() => process.exit(0), idle);
    });
    client.once('data', (data) => {
      client.pause();
      const end = data.indexOf('\n');
      const rest = data.subarray(end + 1);
      if (rest.length > 0) client.unshift(rest);
      serve(client, Number(data.toString('latin1', 0, end)));
    });
  });
  server.listen(socketPath, () => process.stdout.write('listening\n'));
}
