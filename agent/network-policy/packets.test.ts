/** A node with Pods and a machine outside, each a network namespace, and real packets between them under real rules. */
import { spawn, type ChildProcess } from 'node:child_process';
import type { Logger } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCommand } from '#api/command.ts';
import type { NetworkPolicySpec } from '#api/gen/types.ts';
import type { PolicyPod } from '#api/network-policy.ts';
import { clusterDnsPod } from './cluster-dns.ts';
import { Compiler } from './compiler.ts';
import { KernelTable } from './kernel-table.ts';
import { TABLE } from './names.ts';

const able = process.platform === 'linux' && process.getuid?.() === 0;
const obstacle = able ? undefined : 'needs Linux and root, to make network namespaces';
if (obstacle !== undefined) console.warn(`Packets under NetworkPolicies skipped: ${obstacle}`);

const DNS_IP = '10.96.0.10';
const SERVICE_IP = '10.96.0.20';
const NODE_IP = '172.30.0.2';
const OUTSIDE_IP = '172.30.0.1';
const PREFIX = `podlab-test-${process.pid}-pol`;
const NODE = `${PREFIX}-node`;
const OUTSIDE = `${PREFIX}-out`;
const PODS = ['web', 'client', 'other'] as const;
type PodName = (typeof PODS)[number];

const netns = (name: PodName): string => `${PREFIX}-${name}`;
const ip4 = (name: PodName): string => `10.244.1.${PODS.indexOf(name) + 2}`;
const ip6 = (name: PodName): string => `fd00:10:244:1::${PODS.indexOf(name) + 2}`;
const shell = (namespace: string, script: string): Promise<string> =>
  runCommand('ip', ['netns', 'exec', namespace, 'bash', '-e'], script);

const children: ChildProcess[] = [];

/** Runs a script of Node's in a namespace until the test ends; resolves with what it says first. */
async function start(namespace: string, script: string): Promise<{ said: string; next(): Promise<string> }> {
  const child = spawn('ip', ['netns', 'exec', namespace, process.execPath, '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const next = (): Promise<string> =>
    new Promise((resolve) => child.stdout.once('data', (data: Buffer) => resolve(data.toString())));
  return { said: await next(), next };
}

/** `passed`: the far end refused, where nobody listens, or answered. */
async function tcp(from: string, ip: string, port: number): Promise<string> {
  const script = `timeout 0.7 bash -c 'exec 3<>/dev/tcp/${ip}/${port}' 2>&1 && echo passed || true`;
  return /refused|passed/.test(await shell(from, script)) ? 'passed' : 'silence';
}

async function udp(from: string, ip: string, port: number): Promise<string> {
  const script = `timeout 0.7 bash -c 'exec 3<>/dev/udp/${ip}/${port}; echo hello >&3; read -r <&3' 2>&1 || true`;
  return /refused/.test(await shell(from, script)) ? 'passed' : 'silence';
}

const together = (...answers: Promise<string>[]): Promise<string[]> => Promise.all(answers);

async function wire(name: PodName): Promise<void> {
  await shell(
    NODE,
    `ip link add ${name} type veth peer name eth0 netns ${netns(name)}
     ip link set ${name} addrgenmode none; ip link set ${name} master cni0 up; ip link set ${name} type bridge_slave hairpin on`,
  );
  await shell(
    netns(name),
    `sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0 net.ipv6.conf.eth0.accept_dad=0
     ip link set lo up; ip link set eth0 addrgenmode none; ip link set eth0 up
     ip addr add ${ip4(name)}/32 dev eth0; ip -6 addr add ${ip6(name)}/128 dev eth0 nodad
     ip route add 10.244.1.1 dev eth0 scope link; ip route add default via 10.244.1.1
     ip -6 addr add fe80::${PODS.indexOf(name) + 2}/64 dev eth0 nodad
     ip -6 route add fd00:10:244:1::1 dev eth0; ip -6 route add default via fd00:10:244:1::1`,
  );
}

async function build(): Promise<void> {
  for (const name of [NODE, OUTSIDE, ...PODS.map(netns)]) await runCommand('ip', ['netns', 'add', name]);
  await shell(
    NODE,
    `sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0
     sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
     ip link add cni0 address 0a:58:0a:f4:01:01 type bridge; ip link set cni0 addrgenmode none; ip link set lo up
     ip addr add 10.244.1.1/24 dev cni0; ip -6 addr add fd00:10:244:1::1/64 dev cni0 nodad; ip -6 addr add fe80::1/64 dev cni0 nodad; ip link set cni0 up
     ip addr add ${DNS_IP}/32 dev lo; ip route add 10.96.0.0/16 dev cni0 metric 1024
     ip link add eth0 type veth peer name eth0 netns ${OUTSIDE}
     ip addr add ${NODE_IP}/24 dev eth0; ip link set eth0 up`,
  );
  await shell(
    OUTSIDE,
    `ip link set lo up; ip addr add ${OUTSIDE_IP}/24 dev eth0; ip link set eth0 up
     ip route add 10.244.1.0/24 via ${NODE_IP}`,
  );
  for (const name of PODS) await wire(name);
  // The Service "web", as a proxier translates it.
  await shell(
    NODE,
    `nft -f - <<'END'
     table ip services {
       chain pre { type nat hook prerouting priority dstnat; ip daddr ${SERVICE_IP} tcp dport 80 dnat to ${ip4('web')}:8080; }
       chain post { type nat hook postrouting priority srcnat; ip saddr . ip daddr { ${ip4('web')} . ${ip4('web')} } masquerade; }
     }\nEND`,
  );
}

const pod = (name: PodName, labels: Record<string, string> = { app: name }): PolicyPod => ({
  kind: 'Pod',
  namespace: 'default',
  name,
  uid: `uid-${name}`,
  nodeName: 'node1',
  labels,
  ips: [ip4(name), ip6(name)],
  ports: name === 'web' ? [{ name: 'http', protocol: 'TCP', port: 8080 }] : [],
});

describe.skipIf(obstacle !== undefined)('under NetworkPolicies, packets', () => {
  const warnings: string[] = [];
  const log = { warn: (_: unknown, text: string) => warnings.push(text) } as unknown as Logger;
  const families = ['IPv4', 'IPv6'] as const;
  const makeCompiler = (): Compiler =>
    new Compiler({ nodeName: 'node1', families, dns: clusterDnsPod([DNS_IP]) });
  const makeTable = (): KernelTable =>
    new KernelTable({ families, dnsIps: [{ family: 'IPv4', ip: DNS_IP }], log }, (args, input) =>
      runCommand('ip', ['netns', 'exec', NODE, 'nft', ...args], input),
    );
  let compiler = makeCompiler();
  let table = makeTable();

  async function apply(policies: Record<string, NetworkPolicySpec>): Promise<void> {
    for (const name of ['a', 'b', 'c'])
      if (policies[name] === undefined) compiler.delete('NetworkPolicy', 'default', name);
    for (const [name, spec] of Object.entries(policies))
      compiler.put({ kind: 'NetworkPolicy', namespace: 'default', name, spec });
    await table.write(compiler);
  }
  const fill = (): void => {
    compiler.put({ kind: 'Namespace', namespace: '', name: 'default', labels: {} });
    compiler.put({
      kind: 'Namespace',
      namespace: '',
      name: 'kube-system',
      labels: { 'kubernetes.io/metadata.name': 'kube-system' },
    });
    for (const name of PODS) compiler.put(pod(name));
  };

  beforeAll(async () => {
    await build();
    fill();
  });

  afterAll(async () => {
    for (const child of children) child.kill();
    for (const name of [NODE, OUTSIDE, ...PODS.map(netns)])
      await runCommand('ip', ['netns', 'del', name]).catch(() => {});
  });

  const web: NetworkPolicySpec = { podSelector: { matchLabels: { app: 'web' } }, policyTypes: ['Ingress'] };
  const client: NetworkPolicySpec = {
    podSelector: { matchLabels: { app: 'client' } },
    policyTypes: ['Egress'],
  };
  const fromClient = { from: [{ podSelector: { matchLabels: { app: 'client' } } }] };
  const toWeb = { to: [{ podSelector: { matchLabels: { app: 'web' } } }] };

  test('go everywhere without a policy, and no table is there', async () => {
    await apply({});
    expect(
      await together(
        tcp(netns('other'), ip4('web'), 8080),
        tcp(netns('other'), ip6('web'), 8080),
        udp(OUTSIDE, ip4('web'), 53),
        tcp(netns('web'), SERVICE_IP, 80),
        tcp(netns('other'), 'fe80::2%eth0', 8080),
      ),
    ).toEqual(['passed', 'passed', 'passed', 'passed', 'passed']);
    expect(await shell(NODE, 'nft list tables')).not.toContain(TABLE);
  });

  test('reach an isolated Pod from its own node alone', async () => {
    await apply({ a: web });
    const answers = await Promise.all([
      tcp(netns('client'), ip4('web'), 8080),
      tcp(netns('client'), ip6('web'), 8080),
      tcp(netns('client'), SERVICE_IP, 80),
      udp(netns('client'), ip4('web'), 53),
      tcp(OUTSIDE, ip4('web'), 8080),
      tcp(netns('client'), 'fe80::2%eth0', 8080),
      shell(netns('client'), `ping -c1 -W1 ${ip4('web')} >/dev/null && echo passed || echo silence`),
    ]);
    expect(answers.map((answer) => answer.trim())).toEqual(Array.from({ length: 7 }, () => 'silence'));
    expect(
      await together(
        tcp(NODE, ip4('web'), 8080),
        tcp(NODE, ip6('web'), 8080),
        tcp(netns('web'), ip4('client'), 8080),
        tcp(netns('web'), ip4('web'), 9),
        tcp(netns('web'), SERVICE_IP, 80),
      ),
    ).toEqual(['passed', 'passed', 'passed', 'passed', 'passed']);
  });

  test('pass where any of the policies allows them', async () => {
    await apply({
      a: web,
      b: { ...web, ingress: [{ ...fromClient, ports: [{ protocol: 'TCP', port: 'http' }] }] },
    });
    expect(
      await together(
        tcp(netns('client'), ip4('web'), 8080),
        tcp(netns('client'), ip6('web'), 8080),
        tcp(netns('client'), SERVICE_IP, 80),
        tcp(netns('client'), ip4('web'), 8081),
        tcp(netns('other'), ip4('web'), 8080),
      ),
    ).toEqual(['passed', 'passed', 'passed', 'silence', 'silence']);
    const cidr = `${OUTSIDE_IP}/24`;
    await apply({ a: web, b: { ...web, ingress: [{ from: [{ ipBlock: { cidr } }] }] } });
    expect(await together(tcp(OUTSIDE, ip4('web'), 8080), tcp(netns('client'), ip4('web'), 8080))).toEqual([
      'passed',
      'silence',
    ]);
    const except = [`${OUTSIDE_IP}/32`];
    await apply({ a: web, b: { ...web, ingress: [{ from: [{ ipBlock: { cidr, except } }] }] } });
    expect(await tcp(OUTSIDE, ip4('web'), 8080)).toBe('silence');
  });

  test('leave an isolated Pod for what a Service leads to, not for the Service', async () => {
    await apply({ a: { ...client, egress: [toWeb] } });
    expect(
      await together(
        tcp(netns('client'), SERVICE_IP, 80),
        tcp(netns('client'), ip4('other'), 8080),
        tcp(netns('client'), OUTSIDE_IP, 8080),
        tcp(netns('other'), ip4('client'), 8080),
      ),
    ).toEqual(['passed', 'silence', 'silence', 'passed']);
    await apply({ a: { ...client, egress: [{ to: [{ ipBlock: { cidr: `${SERVICE_IP}/32` } }] }] } });
    expect(await tcp(netns('client'), SERVICE_IP, 80)).toBe('silence');
  });

  test('to the cluster DNS are judged, and those to the node otherwise pass', async () => {
    await apply({ a: { ...client, egress: [toWeb] } });
    expect(
      await together(
        udp(netns('client'), DNS_IP, 53),
        tcp(netns('client'), DNS_IP, 53),
        udp(netns('other'), DNS_IP, 53),
        tcp(netns('client'), NODE_IP, 8080),
        tcp(netns('client'), '10.244.1.1', 8080),
      ),
    ).toEqual(['silence', 'silence', 'passed', 'passed', 'passed']);
    const dns = {
      podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
    };
    await apply({ a: { ...client, egress: [{ to: [dns], ports: [{ protocol: 'UDP', port: 53 }] }] } });
    expect(await together(udp(netns('client'), DNS_IP, 53), tcp(netns('client'), DNS_IP, 53))).toEqual([
      'passed',
      'silence',
    ]);
  });

  test('of an open connection stop when a policy forbids it, and of a new label at once', async () => {
    await apply({ a: { ...web, ingress: [fromClient] } });
    const listening = `require('net').createServer((s) => s.on('error', () => {}).pipe(s)).listen(8080, '::', () => console.log('up'))`;
    expect((await start(netns('web'), listening)).said).toBe('up\n');
    const talking = `const s = require('net').connect(8080, '${ip4('web')}', () => setInterval(() => s.write('x'), 50));
      let last = 0; s.on('data', () => { if (last === 0) console.log('first'); last = Date.now(); });
      setInterval(() => { if (last > 0 && Date.now() - last > 600) { console.log('cut'); process.exit(); } }, 50);`;
    const talk = await start(netns('client'), talking);
    expect(talk.said).toBe('first\n');
    const cut = talk.next();
    compiler.put(pod('client', { app: 'stranger' }));
    await table.write(compiler);
    expect(await cut).toBe('cut\n');
    expect(await tcp(netns('client'), ip4('web'), 8080)).toBe('silence');
    compiler.put(pod('client'));
    await table.write(compiler);
    expect(await tcp(netns('client'), ip4('web'), 8080)).toBe('passed');
  });

  test('find the rules of a former process in force until they are replaced', async () => {
    await apply({ a: web });
    compiler = makeCompiler();
    table = makeTable();
    fill();
    expect(await tcp(netns('client'), ip4('web'), 8080)).toBe('silence');
    await apply({ b: { ...web, ingress: [fromClient] } });
    expect(
      await together(tcp(netns('client'), ip4('web'), 8080), tcp(netns('other'), ip4('web'), 8080)),
    ).toEqual(['passed', 'silence']);
  });

  test('are judged again by the whole after somebody changed or removed the table', async () => {
    await apply({ a: web });
    expect(await table.verify()).toBe(true);
    for (const meddling of [
      `nft delete table inet ${TABLE}`,
      `nft delete element inet ${TABLE} ingress-isolated-4 '{ ${ip4('web')} }'`,
      `nft insert rule inet ${TABLE} ingress accept`,
    ]) {
      await shell(NODE, meddling);
      expect(await tcp(netns('other'), ip4('web'), 8080)).toBe('passed');
      expect(await table.verify()).toBe(false);
      await table.write(compiler);
      expect(await tcp(netns('other'), ip4('web'), 8080)).toBe('silence');
      expect(await table.verify()).toBe(true);
    }
    // A transaction that the kernel refuses is followed by the whole at once.
    await shell(NODE, `nft delete table inet ${TABLE}`);
    await apply({ a: { ...web, ingress: [fromClient] } });
    expect(warnings).toContain('a change was refused; the whole table is written');
    expect(await tcp(netns('client'), ip4('web'), 8080)).toBe('passed');
  });

  test('go everywhere again when the last policy goes, and nothing is left behind', async () => {
    await apply({});
    expect(await tcp(netns('other'), ip4('web'), 8080)).toBe('passed');
    expect(await shell(NODE, 'nft list tables')).not.toContain(TABLE);
    expect(await table.verify()).toBe(true);
  });
});
