/** Nodes of two networks: two on one machine and one on another, with a router between, with real packets between their Pods. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCommand } from '#api/command.ts';
import {
  Agent,
  endProcesses,
  inPod,
  knock,
  labObstacle,
  reach,
  sandbox,
  SEEN,
  shell,
  WATCH,
} from './lab.testing.ts';
import type { Peer } from './pod-network.ts';

const obstacle = labObstacle();
if (obstacle !== undefined) console.warn(`tunnel tests skipped: ${obstacle}`);

/** `routed`: each network has a route to the other. `nat`: machines know only each other's public addresses and ports. */
describe.skipIf(obstacle !== undefined).each(['routed', 'nat'] as const)(
  'nodes of other networks (%s)',
  (kind) => {
    const name = (suffix: string): string => `podlab-test-${process.pid}-${kind}-${suffix}`;
    const [node1, node2, node3, router, other] = ['1', '2', '3', 'r', 'o'].map(name) as [
      string,
      string,
      string,
      string,
      string,
    ];
    /** Interface names hold 15 characters. */
    const NODES = [
      { namespace: node1, ip: '172.31.1.2', bridge: 'brA', port: 'p1', gateway: '172.31.1.1' },
      { namespace: node2, ip: '172.31.1.3', bridge: 'brA', port: 'p2', gateway: '172.31.1.1' },
      { namespace: node3, ip: '172.31.2.2', bridge: 'brB', port: 'p3', gateway: '172.31.2.1' },
      { namespace: other, ip: '172.31.1.100', bridge: 'brA', port: 'p4', gateway: '172.31.1.1' },
    ];
    const peer = (number: number, endpoint: string): Peer => ({
      nodeName: `node${number}`,
      internalIps: [NODES[number - 1]!.ip],
      podCidrs: [`10.244.${number}.0/24`, `fd00:10:244:${number}::/64`],
      dockerNetwork: NODES[number - 1]!.bridge,
      nodeCidrs: [`${NODES[number - 1]!.ip}/24`],
      ...(kind === 'nat' ? { tunnelEndpoint: endpoint } : {}),
    });
    const peers = [peer(1, '192.0.2.1:8472'), peer(2, '192.0.2.1:8473'), peer(3, '192.0.2.2:8472')];
    const others = (number: number): Peer[] => peers.filter((_, index) => index !== number - 1);
    const agents: Agent[] = [];
    const pods: { pid: number; ips: readonly string[] }[] = [];

    beforeAll(async () => {
      for (const one of [node1, node2, node3, router, other]) await runCommand('ip', ['netns', 'add', one]);
      await shell(
        router,
        `sysctl -qw net.ipv4.ip_forward=1
       for b in brA brB; do ip link add $b type bridge; ip link set $b up; done
       ip addr add 172.31.1.1/24 dev brA; ip addr add 172.31.2.1/24 dev brB; ip link set lo up
       ip addr add 192.0.2.1/32 dev lo; ip addr add 192.0.2.2/32 dev lo`,
      );
      if (kind === 'nat')
        await shell(
          router,
          `nft 'table ip t {
          chain pre { type nat hook prerouting priority dstnat;
            ip daddr 192.0.2.1 udp dport 8472 dnat to 172.31.1.2:8472;
            ip daddr 192.0.2.1 udp dport 8473 dnat to 172.31.1.3:8472;
            ip daddr 192.0.2.2 udp dport 8472 dnat to 172.31.2.2:8472; }
          chain post { type nat hook postrouting priority srcnat; ip saddr 172.31.1.0/24 oifname != "brA" snat to 192.0.2.1; ip saddr 172.31.2.0/24 oifname != "brB" snat to 192.0.2.2; }
          chain forwarding { type filter hook forward priority 0; ct status dnat accept; ct state established accept; iifname "brA" oifname "brB" drop; iifname "brB" oifname "brA" drop; }
        }'`,
        );
      for (const { namespace, ip, bridge, port, gateway } of NODES) {
        await shell(
          namespace,
          `sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv6.conf.default.accept_dad=0
         ip link set lo up; ip link add eth0 type veth peer name ${port} netns ${router}
         ip addr add ${ip}/24 dev eth0; ip link set eth0 up; ip route add default via ${gateway}`,
        );
        await shell(router, `ip link set ${port} master ${bridge} up`);
      }
      await shell(other, WATCH);
      for (const [index, namespace] of [node1, node2, node3].entries()) {
        const agent = new Agent(namespace, `node${index + 1}`, NODES[index]!.bridge);
        agents.push(agent);
        await agent.call('start', ...peers[index]!.podCidrs);
        const pid = await sandbox();
        pods.push({ pid, ...(await agent.call('attach', `${index}`.repeat(16), pid)) });
      }
      expect(await inPod(pods[0]!.pid, 'ip link show eth0')).toContain('mtu 1500');
      for (const [index, agent] of agents.entries()) await agent.call('setPeers', others(index + 1));
    }, 30_000);

    afterAll(async () => {
      endProcesses();
      for (const one of [node1, node2, node3, router, other])
        await runCommand('ip', ['netns', 'del', one]).catch(() => {});
    });

    test('neighbours are routed directly, others through the tunnel', async () => {
      expect(await shell(node1, 'ip route get 10.244.2.9')).toContain('via 172.31.1.3 dev eth0');
      expect(await shell(node1, 'ip route get 10.244.3.9')).toContain('dev podlab.vxlan src 10.244.1.0');
      expect(await shell(node1, 'ip route get fd00:10:244:3::9')).toContain('dev podlab.vxlan');
    });

    test('Pods see each other as they are, in both IP families', async () => {
      await inPod(pods[2]!.pid, WATCH);
      for (const ip of pods[2]!.ips) {
        expect([ip, await reach(pods[0]!.pid, ip)]).toEqual([ip, 'refused\n']);
        expect([ip, await reach(pods[1]!.pid, ip)]).toEqual([ip, 'refused\n']);
      }
      const seen = await inPod(pods[2]!.pid, SEEN);
      for (const ip of [...pods[0]!.ips, ...pods[1]!.ips]) expect(seen).toContain(ip);
    });

    test('nodes reach Pods, and Pods reach nodes', async () => {
      for (const ip of pods[2]!.ips) expect(await shell(node1, knock(ip, 9))).toBe('refused\n');
      for (const ip of pods[0]!.ips) expect(await shell(node3, knock(ip, 9))).toBe('refused\n');
      expect(await reach(pods[0]!.pid, '172.31.2.2')).toBe('refused\n');
      expect(await reach(pods[2]!.pid, '172.31.1.3')).toBe('refused\n');
      expect(await shell(node3, knock('172.31.1.3', 9))).toBe('refused\n');
    });

    test('what else is in the other network, such as the control plane, is reached with the address of a node', async () => {
      expect(await reach(pods[2]!.pid, '172.31.1.100')).toBe('refused\n');
      expect(await shell(node3, knock('172.31.1.100', 9))).toBe('refused\n');
      const seen = await shell(other, SEEN);
      expect(seen).not.toContain('10.244.');
      expect(seen).toContain(kind === 'nat' ? '172.31.1.2' : '172.31.2.2');
    });

    test('Pods that run get the MTU that fits into the tunnel, and longer packets are refused by name', async () => {
      for (const { pid } of pods) expect(await inPod(pid, 'ip link show eth0')).toContain('mtu 1450');
      const [ip] = pods[2]!.ips;
      const send = 'head -c 1440 /dev/zero >/dev/udp/' + ip + '/9; sleep 0.1; ip route get ' + ip;
      // As in a Pod that was not reached by the change.
      await inPod(pods[0]!.pid, 'ip link set eth0 mtu 1500');
      await shell(node1, 'ip link set veth00000000000 mtu 1500');
      expect(await inPod(pods[0]!.pid, send)).toContain('mtu 1450');
      await inPod(pods[0]!.pid, 'ip link set eth0 mtu 1450');
    });

    test('a restarted agent finds its tunnel', async () => {
      agents[0]!.stop();
      agents[0] = new Agent(node1, 'node1', 'brA');
      expect(await agents[0].call('start', ...peers[0]!.podCidrs)).toEqual({ fresh: false });
      expect(await reach(pods[0]!.pid, pods[2]!.ips[0]!)).toBe('refused\n');
      await agents[0].call('attach', '0'.repeat(16), pods[0]!.pid);
      await agents[0].call('setPeers', others(1));
      for (const ip of pods[2]!.ips) expect(await reach(pods[0]!.pid, ip)).toBe('refused\n');
    });

    test('a node that moves to another address is followed', async () => {
      const moved: Peer = { ...peers[2]!, tunnelEndpoint: '192.0.2.9:8480' };
      await agents[0]!.call('setPeers', [peers[1]!, moved]);
      expect(await shell(node1, 'bridge fdb show dev podlab.vxlan')).toMatch(/dst 192\.0\.2\.9 port 8480/);
      await agents[0]!.call('setPeers', others(1));
      expect(await shell(node1, 'bridge fdb show dev podlab.vxlan')).not.toContain('192.0.2.9');
      expect(await reach(pods[0]!.pid, pods[2]!.ips[0]!)).toBe('refused\n');
    });

    test('without nodes elsewhere there is no tunnel, and Pods may send longer packets again', async () => {
      await agents[0]!.call('setPeers', [peers[1]!]);
      const links = await shell(node1, 'ip -br link; ip route');
      expect(links).not.toContain('podlab.vxlan');
      expect(links).not.toContain('10.244.3.0');
      expect(await inPod(pods[0]!.pid, 'ip link show eth0')).toContain('mtu 1500');
      expect(await reach(pods[0]!.pid, pods[1]!.ips[0]!)).toBe('refused\n');
    });
  },
);
