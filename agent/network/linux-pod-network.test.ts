/** Two nodes and a machine outside, each a network namespace, with real packets between their Pods. */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCommand } from '#api/command.ts';
import type { Calls } from './worker.testing.ts';

const able = process.platform === 'linux' && process.getuid?.() === 0;
const obstacle = able ? undefined : 'needs Linux and root, to make network namespaces';
if (obstacle !== undefined) console.warn(`Pod network tests skipped: ${obstacle}`);

const NODE1_IP = '172.30.0.2';
const NODE2_IP = '172.30.0.3';
const OUTSIDE_IP = '172.30.0.1';
const MTU = 1400;
const PREFIX = `podlab-test-${process.pid}-net`;
const [node1, node2, outside] = ['1', '2', 'out'].map((name) => `${PREFIX}${name}`) as [
  string,
  string,
  string,
];

const shell = (namespace: string, script: string): Promise<string> =>
  runCommand('ip', ['netns', 'exec', namespace, 'sh', '-e'], script);
const inPod = (pid: number, script: string): Promise<string> =>
  runCommand('nsenter', ['-t', `${pid}`, '-n', 'bash'], script);

const processes: ChildProcess[] = [];

/** A process with an empty network namespace, as a sandbox has. */
async function sandbox(): Promise<number> {
  const child = spawn('unshare', ['-n', 'sh', '-c', 'echo ready; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  processes.push(child);
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return child.pid!;
}

/** The agent's part of a node, which can be ended and started again. */
class Agent {
  readonly #process: ChildProcess;
  readonly #ready: Promise<unknown>;
  #calls = 0;

  constructor(namespace: string) {
    this.#process = fork(join(import.meta.dirname, 'worker.testing.ts'), [], {
      execPath: 'ip',
      execArgv: ['netns', 'exec', namespace, process.execPath],
    });
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
const reach = (pid: number, ip: string): Promise<string> =>
  inPod(pid, `timeout 2 bash -c 'exec 3<>/dev/tcp/${ip}/9' 2>&1 | grep -om1 refused || echo silence`);

/** Makes the namespace note who connects to port 9. */
const WATCH = `nft -f - <<'END'
table ip watch {
  set seen { type ipv4_addr; flags dynamic; }
  chain input { type filter hook input priority 0; tcp dport 9 add @seen { ip saddr }; }
}
END`;
const SEEN = 'nft list set ip watch seen; nft flush set ip watch seen';

describe.skipIf(obstacle !== undefined)('the Pod network', () => {
  let agent1: Agent;
  let agent2: Agent;
  const pids: Record<string, number> = {};

  beforeAll(async () => {
    for (const name of [node1, node2, outside]) await runCommand('ip', ['netns', 'add', name]);
    await shell(
      outside,
      `ip link add br0 type bridge; ip link set br0 up; ip addr add ${OUTSIDE_IP}/24 dev br0; ip link set lo up`,
    );
    for (const [node, ip] of [
      [node1, NODE1_IP],
      [node2, NODE2_IP],
    ] as const) {
      await shell(
        node,
        `
        sysctl -qw net.ipv4.ip_forward=1
        ip link set lo up
        ip link add eth0 mtu ${MTU} type veth peer name n${ip.at(-1)} netns ${outside}
        ip addr add ${ip}/24 dev eth0; ip link set eth0 up
        ip route add default via ${OUTSIDE_IP}
      `,
      );
      await shell(outside, `ip link set n${ip.at(-1)} master br0 up`);
    }
    await shell(outside, WATCH);
    agent1 = new Agent(node1);
    agent2 = new Agent(node2);
    for (const name of ['a', 'b', 'c']) pids[name] = await sandbox();
  });

  afterAll(async () => {
    for (const child of processes) child.kill();
    for (const name of [node1, node2, outside])
      await runCommand('ip', ['netns', 'del', name]).catch(() => {});
  });

  const pid = (name: string): number => pids[name]!;

  test('knows a new namespace from one with Pods', async () => {
    expect(await agent1.call('start', '10.244.1.0/24')).toEqual({ fresh: true });
    expect(await agent1.call('start', '10.244.1.0/24')).toEqual({ fresh: false });
    await agent2.call('start', '10.244.2.0/24');
  });

  test('gives Pods addresses, the MTU of the node and a way to each other', async () => {
    const [a, b] = await Promise.all([
      agent1.call('attach', 'aaaaaaaaaaaaaaaa', pid('a')),
      agent1.call('attach', 'bbbbbbbbbbbbbbbb', pid('b')),
    ]);
    expect(new Set([a.ip, b.ip])).toEqual(new Set(['10.244.1.2', '10.244.1.3']));
    expect(a.gateway).toBe('10.244.1.1');
    expect(await inPod(pid('a'), 'ip link show eth0')).toContain(`mtu ${MTU} `);
    expect(await reach(pid('a'), b.ip)).toBe('refused\n');
    expect(await reach(pid('a'), a.gateway)).toBe('refused\n');
  });

  test('gives a sandbox that is attached again the address that it has', async () => {
    const first = await agent1.call('attach', 'aaaaaaaaaaaaaaaa', pid('a'));
    expect(await agent1.call('attach', 'aaaaaaaaaaaaaaaa', pid('a'))).toEqual(first);
  });

  test('routes to the Pods of another node, who see the Pod itself', async () => {
    const c = await agent2.call('attach', 'cccccccccccccccc', pid('c'));
    await agent1.call('setPeers', [
      { nodeName: 'node2', internalIps: [NODE2_IP], podCidrs: ['10.244.2.0/24'] },
    ]);
    await agent2.call('setPeers', [
      { nodeName: 'node1', internalIps: [NODE1_IP], podCidrs: ['10.244.1.0/24'] },
    ]);
    await inPod(pid('c'), WATCH);
    await shell(node2, WATCH);
    expect(await reach(pid('a'), c.ip)).toBe('refused\n');
    expect(await inPod(pid('c'), SEEN)).toMatch(/10\.244\.1\.[23]/);
    expect(await reach(pid('a'), NODE2_IP)).toBe('refused\n');
    expect(await shell(node2, SEEN)).toMatch(/10\.244\.1\.[23]/);
  });

  test("lets Pods leave the cluster with their node's address", async () => {
    expect(await reach(pid('a'), OUTSIDE_IP)).toBe('refused\n');
    const seen = await shell(outside, SEEN);
    expect(seen).toContain(NODE1_IP);
    expect(seen).not.toContain('10.244.');
  });

  test('keeps Service addresses in the node', async () => {
    await inPod(pid('a'), "timeout 0.3 bash -c 'exec 3<>/dev/tcp/10.96.3.3/9' || true");
    expect(await shell(node1, 'ip route get 10.96.3.3')).toContain('dev cni0 src 10.244.1.1');
    expect(await shell(outside, SEEN)).not.toContain('elements');
  });

  test('goes on after a restart with the Pods that are there, and gives nobody their addresses', async () => {
    const before = await agent1.call('attach', 'aaaaaaaaaaaaaaaa', pid('a'));
    agent1.stop();
    agent1 = new Agent(node1);
    expect(await agent1.call('start', '10.244.1.0/24')).toEqual({ fresh: false });
    const taken = ['10.244.1.2', '10.244.1.3'];
    const other = await agent1.call('attach', 'dddddddddddddddd', await sandbox());
    expect(taken).not.toContain(other.ip);
    expect(await agent1.call('attach', 'aaaaaaaaaaaaaaaa', pid('a'))).toEqual(before);
    expect(await reach(pid('a'), other.ip)).toBe('refused\n');
    expect(await reach(pid('a'), NODE2_IP)).toBe('refused\n');
  });

  test('wires a sandbox anew that came back with an empty namespace', async () => {
    const before = await agent1.call('attach', 'dddddddddddddddd', await sandbox());
    const fresh = await sandbox();
    expect(await agent1.call('attach', 'dddddddddddddddd', fresh)).toEqual(before);
    expect(await reach(fresh, '10.244.1.1')).toBe('refused\n');
  });

  test('says what failed and what to do, and leaves nothing behind', async () => {
    await expect(agent1.call('attach', 'eeeeeeeeeeeeeeee', 999_999)).rejects.toThrow(/link add vethe{11} .*/);
    expect(await shell(node1, 'ip -br link')).not.toContain('vetheee');
  });

  test('detaches: the wire goes, and doing so again does nothing', async () => {
    await agent1.call('detach', 'bbbbbbbbbbbbbbbb');
    await agent1.call('detach', 'bbbbbbbbbbbbbbbb');
    expect(await shell(node1, 'ip -br link')).not.toContain('vethbbb');
    expect(await inPod(pid('b'), 'ip -br link')).not.toContain('eth0');
  });

  test('forgets the route to a node that is gone', async () => {
    await agent1.call('setPeers', []);
    expect(await shell(node1, 'ip route')).not.toContain('10.244.2.0/24');
  });
});
