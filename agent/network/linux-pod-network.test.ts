/** Two nodes and a machine outside, each a network namespace, with real packets between their Pods. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCommand } from '#api/command.ts';
import {
  Agent,
  endProcesses,
  inPod,
  labObstacle,
  reach,
  sandbox,
  SEEN,
  shell,
  WATCH,
} from './lab.testing.ts';

const obstacle = labObstacle();
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
  }, 30_000);

  afterAll(async () => {
    endProcesses();
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
    expect(new Set([...a.ips, ...b.ips])).toEqual(new Set(['10.244.1.2', '10.244.1.3']));
    expect(await inPod(pid('a'), 'ip link show eth0')).toContain(`mtu ${MTU} `);
    expect(await reach(pid('a'), b.ips[0]!)).toBe('refused\n');
    expect(await reach(pid('a'), '10.244.1.1')).toBe('refused\n');
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
    expect(await reach(pid('a'), c.ips[0]!)).toBe('refused\n');
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

  test("does not let neighbours at the node's localhost", async () => {
    await shell(node1, 'sysctl -qw net.ipv4.conf.all.route_localnet=1');
    await shell(
      outside,
      `sysctl -qw net.ipv4.conf.all.route_localnet=1; ip route del local 127.0.0.0/8 table local
      ip route add 127.0.0.9 via ${NODE1_IP}`,
    );
    const way = "timeout 1 bash -c 'exec 3<>/dev/tcp/127.0.0.9/9' 2>&1 | grep -om1 refused || echo silence";
    expect(await shell(outside, way)).toBe('silence\n');
    expect(await shell(node1, way)).toBe('refused\n');
    await shell(node1, 'nft flush chain inet podlab-network input');
    expect(await shell(outside, way)).toBe('refused\n');
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
    expect(taken).not.toContain(other.ips[0]);
    expect(await agent1.call('attach', 'aaaaaaaaaaaaaaaa', pid('a'))).toEqual(before);
    expect(await reach(pid('a'), other.ips[0]!)).toBe('refused\n');
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

  test('connects nobody before who is asked agrees, and nobody anew for having been asked', async () => {
    const fresh = await sandbox();
    await expect(agent1.call('attachRefused', 'ffffffffffffffff', fresh)).rejects.toThrow(
      /no rules yet for 10\.244\.1\.\d+/,
    );
    expect(await inPod(fresh, 'ip -br link')).not.toContain('eth0');
    const address = await agent1.call('attach', 'ffffffffffffffff', fresh);
    expect(await agent1.call('attachRefused', 'ffffffffffffffff', fresh)).toEqual(address);
    expect(await reach(fresh, '10.244.1.1')).toBe('refused\n');
    await agent1.call('detach', 'ffffffffffffffff');
  });

  test('detaches: the wire goes, and doing so again does nothing', async () => {
    await agent1.call('detach', 'bbbbbbbbbbbbbbbb');
    await agent1.call('detach', 'bbbbbbbbbbbbbbbb');
    expect(await shell(node1, 'ip -br link')).not.toContain('vethbbb');
    expect(await inPod(pid('b'), 'ip -br link')).not.toContain('eth0');
  });

  test('gives nobody the address of a Pod that has just gone, also after a restart', async () => {
    const gone = await agent1.call('attach', 'ffffffffffffffff', await sandbox());
    await agent1.call('detach', 'ffffffffffffffff');
    agent1.stop();
    agent1 = new Agent(node1);
    await agent1.call('start', '10.244.1.0/24');
    const next = await agent1.call('attach', '1111111111111111', await sandbox());
    expect(Number(next.ips[0]!.split('.')[3])).toBe(Number(gone.ips[0]!.split('.')[3]) + 1);
  });

  test('wires a sandbox whose wire a former agent had begun', async () => {
    const pid2 = await sandbox();
    await shell(node1, 'ip link add veth22222222222 type veth peer name veth-half');
    const { ips } = await agent1.call('attach', '2222222222222222', pid2);
    expect(await reach(pid2, '10.244.1.1')).toBe('refused\n');
    expect(await reach(pid('a'), ips[0]!)).toBe('refused\n');
  });

  test('removes wires of sandboxes that there are none of, and leaves the others', async () => {
    await shell(node1, 'ip link add veth33333333333 type veth peer name veth-other');
    await shell(
      node1,
      'ip link set veth33333333333 alias "podlab-pod 10.244.1.250 3333333333333333" master cni0',
    );
    await shell(node1, 'ip link add vethforeign type veth peer name veth-foreign');
    agent1.stop();
    agent1 = new Agent(node1);
    await agent1.call('start', '10.244.1.0/24');
    await agent1.call('retain', ['aaaaaaaaaaaaaaaa', '2222222222222222']);
    const links = await shell(node1, 'ip -br link');
    expect(links).not.toContain('veth333');
    expect(links).not.toContain('veth111');
    expect(links).toMatch(/vethaaa.*\n(.*\n)*veth222|veth222.*\n(.*\n)*vethaaa/);
    expect(links).toContain('vethforeign');
    expect(await reach(pid('a'), '10.244.1.1')).toBe('refused\n');
  });

  test('takes another Pod CIDR when the node gets one, and lets go of the gateway of the old', async () => {
    expect(await agent1.call('start', '10.244.7.0/24')).toEqual({ fresh: false });
    const { ips } = await agent1.call('attach', '4444444444444444', await sandbox());
    expect(ips).toEqual(['10.244.7.2']);
    const addresses = await shell(node1, 'ip addr show cni0');
    expect(addresses).toContain('10.244.7.1/24');
    expect(addresses).not.toContain('10.244.1.1');
    await agent1.call('start', '10.244.1.0/24');
  });

  test('forgets the route to a node that is gone', async () => {
    await agent1.call('setPeers', []);
    expect(await shell(node1, 'ip route')).not.toContain('10.244.2.0/24');
  });
});
