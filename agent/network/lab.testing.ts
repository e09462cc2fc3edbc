/** What tests of the Pod network share: network namespaces as machines, processes in them as sandboxes and agents. */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '#api/command.ts';
import type { Calls } from './worker.testing.ts';

/** What keeps the lab from being built here; undefined: nothing. */
export function labObstacle(): string | undefined {
  const able = process.platform === 'linux' && process.getuid?.() === 0;
  return able ? undefined : 'needs Linux and root, to make network namespaces';
}

/** Runs a script on a machine. */
export const shell = (namespace: string, script: string): Promise<string> =>
  runCommand('ip', ['netns', 'exec', namespace, 'sh', '-e'], script);
/** Runs a script in the network of a sandbox. */
export const inPod = (pid: number, script: string): Promise<string> =>
  runCommand('nsenter', ['-t', `${pid}`, '-n', 'bash'], script);

/** What agents of this test remember, by machine. */
const MEMORY = mkdtempSync(join(tmpdir(), 'podlab-network-'));
process.on('exit', () => rmSync(MEMORY, { recursive: true, force: true }));

const processes: ChildProcess[] = [];

export function endProcesses(): void {
  for (const child of processes) child.kill();
}

/** A process with an empty network namespace, as a sandbox has. */
export async function sandbox(): Promise<number> {
  const child = spawn('unshare', ['-n', 'sh', '-c', 'echo ready; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  processes.push(child);
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return child.pid!;
}

/** The agent's part of a node, which can be ended and started again. */
export class Agent {
  readonly #process: ChildProcess;
  readonly #ready: Promise<unknown>;
  #calls = 0;

  constructor(namespace: string, nodeName = namespace, dockerNetwork = '') {
    this.#process = fork(
      join(import.meta.dirname, 'worker.testing.ts'),
      [join(MEMORY, namespace), nodeName, dockerNetwork],
      {
        execPath: 'ip',
        execArgv: ['netns', 'exec', namespace, process.execPath],
      },
    );
    processes.push(this.#process);
    this.#ready = new Promise((resolve) => this.#process.once('message', resolve));
  }

  async call<Name extends keyof Calls>(
    name: Name,
    ...args: Parameters<Calls[Name]>
  ): Promise<Awaited<ReturnType<Calls[Name]>>> {
    await this.#ready;
    const id = ++this.#calls;
    return new Promise<Awaited<ReturnType<Calls[Name]>>>((resolve, reject) => {
      const hear = (message: { id: number; value?: unknown; error?: string }): void => {
        if (message.id !== id) return;
        this.#process.off('message', hear);
        if (message.error === undefined) resolve(message.value as Awaited<ReturnType<Calls[Name]>>);
        else reject(new Error(message.error));
      };
      this.#process.on('message', hear);
      this.#process.send({ id, name, args });
    });
  }

  stop(): void {
    this.#process.kill();
  }
}

/** `refused`: a packet went there and an answer came back; nobody listens anywhere here. */
export const reach = (pid: number, ip: string): Promise<string> => inPod(pid, knock(ip, 9));

/** A script for `inPod`, or `bash -c` on a machine, which connects to a port. */
export const knock = (ip: string, port: number): string =>
  `timeout 2 bash -c 'exec 3<>/dev/tcp/${ip}/${port}' 2>&1 | grep -om1 refused || echo silence`;

/** Makes the namespace note who connects to port 9. */
export const WATCH = `nft -f - <<'END'
table ip watch {
  set seen { type ipv4_addr; flags dynamic; }
  chain input { type filter hook input priority 0; meta l4proto { tcp, udp } th dport 9 add @seen { ip saddr }; }
}
table ip6 watch {
  set seen { type ipv6_addr; flags dynamic; }
  chain input { type filter hook input priority 0; meta l4proto { tcp, udp } th dport 9 add @seen { ip6 saddr }; }
}
END`;
export const SEEN = `for family in ip ip6; do nft list set $family watch seen; nft flush set $family watch seen; done`;
