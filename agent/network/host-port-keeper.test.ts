/** hostPorts with real packets: a node with Pods, and a machine outside. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCommand } from '#api/command.ts';
import type { HostPort } from './host-ports.ts';
import {
  Agent,
  endProcesses,
  inPod,
  knock,
  labObstacle,
  sandbox,
  SEEN,
  shell,
  WATCH,
} from './lab.testing.ts';

const obstacle = labObstacle();
if (obstacle !== undefined) console.warn(`hostPort tests skipped: ${obstacle}`);

const NODE = `podlab-test-${process.pid}-hp-node`;
const OUTSIDE = `podlab-test-${process.pid}-hp-out`;
const POD_CIDRS = ['10.244.1.0/24', 'fd00:10:244:1::/64'];
const NODE_IPS = ['172.30.0.2', 'fd30::2'];
const port: HostPort = { hostIp: '', hostPort: 8009, containerPort: 9, protocol: 'TCP' };

/** A datagram from outside. */
const send = (ip: string, to: number): Promise<string> =>
  shell(OUTSIDE, `bash -c 'exec 3<>/dev/udp/${ip}/${to}; echo x >&3; sleep 0.1'`);

describe.skipIf(obstacle !== undefined)('hostPorts', () => {
  let agent: Agent;
  let pid = 0;
  let client = 0;

  const publish = (...ports: HostPort[]) =>
    agent.call('attach', 'a'.repeat(16), pid, { title: 'default/web', ports });
  const seen = (): Promise<string> => inPod(pid, SEEN);

  beforeAll(async () => {
    for (const name of [NODE, OUTSIDE]) await runCommand('ip', ['netns', 'add', name]);
    await shell(
      NODE,
      `sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.route_localnet=1 net.ipv6.conf.all.forwarding=1
       sysctl -qw net.ipv6.conf.default.accept_dad=0
       ip link set lo up; ip link add eth0 type veth peer name eth0 netns ${OUTSIDE}
       ip addr add ${NODE_IPS[0]}/24 dev eth0; ip addr add ${NODE_IPS[1]}/64 dev eth0 nodad
       ip addr add 172.30.0.9/32 dev eth0; ip link set eth0 up`,
    );
    await shell(
      OUTSIDE,
      `ip addr add 172.30.0.1/24 dev eth0; ip addr add fd30::1/64 dev eth0 nodad; ip link set eth0 up`,
    );
    agent = new Agent(NODE);
    await agent.call('start', ...POD_CIDRS);
    pid = await sandbox();
    client = await sandbox();
    await inPod(pid, WATCH);
    await publish();
    await agent.call('attach', 'c'.repeat(16), client);
  }, 30_000);

  afterAll(async () => {
    endProcesses();
    for (const name of [NODE, OUTSIDE]) await runCommand('ip', ['netns', 'del', name]).catch(() => {});
  });

  test('lead from every address of the node to the Pod, which sees the client', async () => {
    await publish(port);
    for (const [ip, from] of [
      [NODE_IPS[0]!, '172.30.0.1'],
      [NODE_IPS[1]!, 'fd30::1'],
    ] as const) {
      await shell(OUTSIDE, knock(ip, 8009));
      expect(await seen()).toContain(from);
    }
  });

  test('lead from other Pods, the node itself, its localhost and the Pod itself', async () => {
    await inPod(client, knock(NODE_IPS[0]!, 8009));
    expect(await seen()).toContain('10.244.1.3');
    expect(await shell(NODE, knock(NODE_IPS[0]!, 8009))).toBe('refused\n');
    expect(await seen()).toContain(NODE_IPS[0]);
    expect(await shell(NODE, knock('127.0.0.1', 8009))).toBe('refused\n');
    expect(await seen()).toContain('10.244.1.1');
    for (const [index, gateway] of ['10.244.1.1', 'fd00:10:244:1::1'].entries()) {
      expect(await inPod(pid, knock(NODE_IPS[index]!, 8009))).toBe('refused\n');
      expect(await seen()).toContain(gateway);
    }
  });

  test('are neither on addresses of Services that the node holds, nor on other protocols and ports', async () => {
    await shell(OUTSIDE, knock('172.30.0.9', 8009));
    await shell(OUTSIDE, knock(NODE_IPS[0]!, 8010));
    await send(NODE_IPS[0]!, 8009);
    expect(await seen()).not.toContain('elements');
  });

  test('outdo rules of Services', async () => {
    await shell(
      NODE,
      `nft 'table ip other { chain c { type nat hook prerouting priority dstnat; tcp dport 8009 dnat to 172.30.0.77; }; }'`,
    );
    await shell(OUTSIDE, knock(NODE_IPS[0]!, 8009));
    await shell(NODE, 'nft delete table ip other');
    expect(await seen()).toContain('172.30.0.1');
  });

  test('are on one address when they name it', async () => {
    await publish({ ...port, hostIp: '172.30.0.2' });
    await shell(OUTSIDE, knock(NODE_IPS[1]!, 8009));
    expect(await seen()).not.toContain('elements');
    await shell(OUTSIDE, knock(NODE_IPS[0]!, 8009));
    expect(await seen()).toContain('172.30.0.1');
  });

  test('lead UDP clients elsewhere at once when they are taken away, and SCTP can be had', async () => {
    const udp: HostPort = { ...port, protocol: 'UDP' };
    await publish(udp, { ...port, protocol: 'SCTP' });
    expect(await shell(NODE, 'nft list table inet podlab-host-ports')).toContain(
      'sctp . 8009 comment "default/web" : 10.244.1.2 . 9',
    );
    await send(NODE_IPS[0]!, 8009);
    expect(await seen()).toContain('172.30.0.1');
    expect(await shell(NODE, 'conntrack -L -p udp 2>/dev/null')).toContain('dport=8009');
    await publish();
    expect(await shell(NODE, 'conntrack -L -p udp 2>/dev/null')).not.toContain('dport=8009');
    await send(NODE_IPS[0]!, 8009);
    expect(await seen()).not.toContain('elements');
  });

  test('outlast the agent, and its successor takes away those of Pods that are gone', async () => {
    await publish(port);
    const short = await sandbox();
    const ports = [{ ...port, hostPort: 8010 }];
    await agent.call('attach', 'd'.repeat(16), short, { title: 'default/short', ports });
    agent.stop();
    await shell(NODE, `ip link del veth${'d'.repeat(11)}`);
    await shell(OUTSIDE, knock(NODE_IPS[0]!, 8009));
    expect(await seen()).toContain('172.30.0.1');
    agent = new Agent(NODE);
    await agent.call('start', ...POD_CIDRS);
    const table = await shell(NODE, 'nft list table inet podlab-host-ports');
    expect(table).toContain('tcp . 8009 comment "default/web" : 10.244.1.2 . 9');
    expect(table).not.toContain('8010');
  });

  test('come back when somebody removed the tables, as does the masquerade of Pods', async () => {
    await shell(NODE, 'nft flush ruleset');
    await agent.call('verify');
    await shell(OUTSIDE, knock(NODE_IPS[0]!, 8009));
    expect(await seen()).toContain('172.30.0.1');
    expect(await shell(NODE, 'nft list table inet podlab-network')).toContain('masquerade');
  });

  test('go with the Pod', async () => {
    await agent.call('detach', 'a'.repeat(16));
    expect(await shell(NODE, 'nft list table inet podlab-host-ports')).not.toContain('8009');
  });
});
