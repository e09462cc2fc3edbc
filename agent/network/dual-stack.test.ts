/** The Pod network with both IP families, and with IPv6 alone: two nodes and a machine outside, with real packets between their Pods. */
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
if (obstacle !== undefined) console.warn(`dual-stack tests skipped: ${obstacle}`);

const SETTINGS = [
  ['both families', ['10.244.1.0/24', 'fd00:10:244:1::/64'], ['10.244.2.0/24', 'fd00:10:244:2::/64']],
  ['IPv6 alone', ['fd00:10:244:1::/64'], ['fd00:10:244:2::/64']],
] as const;

interface AttachedPod {
  readonly pid: number;
  readonly ips: readonly string[];
}

async function attach(agent: Agent, id: string): Promise<AttachedPod> {
  const pid = await sandbox();
  return { pid, ...(await agent.call('attach', id.repeat(16), pid)) };
}

describe.skipIf(obstacle !== undefined).each(SETTINGS)('with %s', (title, podCidrs1, podCidrs2) => {
  const prefix = `podlab-test-${process.pid}-${title.replace(' ', '-')}`;
  const [node1, node2, outside] = [`${prefix}1`, `${prefix}2`, `${prefix}out`] as const;
  const families = podCidrs1.map((cidr) => (cidr.includes(':') ? 6 : 4));
  const outsideIps = families.map((family) => (family === 4 ? '172.30.0.1' : 'fd30::1'));
  const internalIps = (node: number): string[] =>
    families.map((family) => (family === 4 ? `172.30.0.${node + 1}` : `fd30::${node + 1}`));
  let agent1: Agent;
  let agent2: Agent;
  let a: AttachedPod;
  let b: AttachedPod;
  let c: AttachedPod;

  beforeAll(async () => {
    for (const name of [node1, node2, outside]) await runCommand('ip', ['netns', 'add', name]);
    await shell(
      outside,
      `sysctl -qw net.ipv6.conf.default.accept_dad=0
       ip link add br0 type bridge; ip link set br0 up; ip link set lo up
       ${outsideIps.map((ip) => `ip addr add ${ip}/${ip.includes(':') ? 64 : 24} dev br0 ${ip.includes(':') ? 'nodad' : ''}`).join('\n')}`,
    );
    for (const [number, node] of [node1, node2].entries()) {
      await shell(
        node,
        `sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv6.conf.default.accept_dad=0
         ip link set lo up
         ip link add eth0 type veth peer name n${number} netns ${outside}
         ip link set eth0 up
         ${internalIps(number + 1)
           .map((ip, index) =>
             ip.includes(':')
               ? `ip addr add ${ip}/64 dev eth0 nodad; ip -6 route add default via ${outsideIps[index]}`
               : `ip addr add ${ip}/24 dev eth0; ip route add default via ${outsideIps[index]}`,
           )
           .join('\n')}`,
      );
      await shell(outside, `ip link set n${number} master br0 up`);
    }
    await shell(outside, WATCH);
    agent1 = new Agent(node1);
    agent2 = new Agent(node2);
    await agent1.call('start', ...podCidrs1);
    await agent2.call('start', ...podCidrs2);
    a = await attach(agent1, 'a');
    b = await attach(agent1, 'b');
    c = await attach(agent2, 'c');
    await agent1.call('setPeers', [{ nodeName: 'n2', internalIps: internalIps(2), podCidrs: podCidrs2 }]);
    await agent2.call('setPeers', [{ nodeName: 'n1', internalIps: internalIps(1), podCidrs: podCidrs1 }]);
  }, 30_000);

  afterAll(async () => {
    endProcesses();
    for (const name of [node1, node2, outside])
      await runCommand('ip', ['netns', 'del', name]).catch(() => {});
  });

  test('a Pod has an address of each family, usable at once', async () => {
    expect(a.ips).toEqual(podCidrs1.map((cidr) => cidr.replace(/[.:]0?\/.*/, (end) => `${end[0]}2`)));
    expect(await inPod(a.pid, 'ip addr show dev eth0')).not.toContain('tentative');
  });

  test('Pods of one node reach each other, their gateway and their node', async () => {
    for (const ip of [...b.ips, ...internalIps(1)])
      expect([ip, await reach(a.pid, ip)]).toEqual([ip, 'refused\n']);
  });

  test('Pods of different nodes see each other as they are; so do nodes', async () => {
    await inPod(c.pid, WATCH);
    await shell(node2, WATCH);
    for (const ip of c.ips) expect([ip, await reach(a.pid, ip)]).toEqual([ip, 'refused\n']);
    for (const ip of internalIps(2)) expect([ip, await reach(a.pid, ip)]).toEqual([ip, 'refused\n']);
    const seen = (await inPod(c.pid, SEEN)) + (await shell(node2, SEEN));
    for (const ip of a.ips) expect(seen.split(ip)).toHaveLength(3);
  });

  test("Pods leave the cluster with their node's address", async () => {
    for (const ip of outsideIps) expect([ip, await reach(a.pid, ip)]).toEqual([ip, 'refused\n']);
    const seen = await shell(outside, SEEN);
    for (const ip of internalIps(1)) expect(seen).toContain(ip);
    for (const ip of a.ips) expect(seen).not.toContain(ip);
  });

  test('Service addresses stay in the node', async () => {
    const services = families.map((family) => (family === 4 ? '10.96.3.3' : 'fd00:10:96::33'));
    for (const [index, ip] of services.entries()) {
      const gateway = podCidrs1[index]!.replace(/[.:]0?\/.*/, (end) => `${end[0]}1`);
      expect(await shell(node1, `ip route get ${ip}`)).toMatch(new RegExp(`dev cni0 .*src ${gateway}`));
    }
  });

  test('a restarted agent goes on with the addresses of both families', async () => {
    agent1.stop();
    agent1 = new Agent(node1);
    expect(await agent1.call('start', ...podCidrs1)).toEqual({ fresh: false });
    expect(await agent1.call('attach', 'a'.repeat(16), a.pid)).toEqual({ ips: a.ips });
    const d = await attach(agent1, 'd');
    for (const ip of [...a.ips, ...b.ips]) expect(d.ips).not.toContain(ip);
    for (const ip of a.ips) expect([ip, await reach(d.pid, ip)]).toEqual([ip, 'refused\n']);
  });

  test('neighbours answer for longer than the kernel believes them unasked', async () => {
    await inPod(a.pid, 'ip neigh flush dev eth0; ip -6 neigh flush dev eth0');
    await shell(node1, 'ip neigh flush dev cni0; ip -6 neigh flush dev cni0');
    for (const ip of c.ips) expect([ip, await reach(a.pid, ip)]).toEqual([ip, 'refused\n']);
  });
});
