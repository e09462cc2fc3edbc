import { runCommand } from '#api/command.ts';
import type { IpFamily } from '#api/ip.ts';
import { IPV4, IPV6, type LabAddresses } from './addresses.ts';
import { Member } from './member.ts';

/** What keeps the lab from being built here; undefined: nothing. */
export function labObstacle(): string | undefined {
  const able = process.platform === 'linux' && process.getuid?.() === 0;
  return able ? undefined : 'needs Linux and root, to make network namespaces';
}

/**
 * A node with three Pods and a machine outside, each a network namespace wired as the agent wires them, so that rules are tried with real
 * packets of both IP families. The machine outside is also the other node: it holds a Pod's address.
 */
export class Lab {
  readonly node: Member;
  readonly pods: readonly Member[];
  readonly outside: Member;

  /** `title` keeps labs apart that one process has at once. */
  constructor(title: string) {
    const name = `podlab-test-${process.pid}-${title}`;
    this.node = new Member(`${name}-node`);
    this.outside = new Member(`${name}-outside`);
    this.pods = [0, 1, 2].map((index) => new Member(`${name}-pod${index}`));
  }

  get #members(): Member[] {
    return [this.node, this.outside, ...this.pods];
  }

  async start(): Promise<void> {
    await runCommand('ip', ['-batch', '-'], this.#members.map(({ name }) => `netns add ${name}`).join('\n'));
    for (const member of this.#members) await member.shell(IPV6_AT_ONCE);
    await this.node.shell(`
      sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.conf.all.route_localnet=1
      sysctl -qw net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.default.send_redirects=0
      ip link add cni0 address 0a:58:0a:f4:01:01 type bridge
      ip link set cni0 up; ip link set lo up
      ip link add eth0 type veth peer name eth0 netns ${this.outside.name}
      ip link set eth0 up
    `);
    await this.outside.shell('ip link set lo up; ip link set eth0 up');
    for (const addresses of [IPV4, IPV6]) {
      await this.node.shell(nodeSide(addresses));
      await this.outside.shell(outsideSide(addresses));
    }
    await this.node.shell(POD_NETWORK_TABLE);
    await Promise.all(this.pods.map((pod, index) => this.#wire(pod, index)));
    await Promise.all(this.#members.map((member) => member.start()));
  }

  async stop(): Promise<void> {
    for (const member of this.#members) await member.stop();
  }

  async #wire(pod: Member, index: number): Promise<void> {
    await this.node.shell(`
      ip link add pod${index} type veth peer name eth0 netns ${pod.name}
      ip link set pod${index} master cni0 up
      ip link set pod${index} type bridge_slave hairpin on
    `);
    await pod.shell('ip link set lo up; ip link set eth0 up');
    for (const { podIp, hostBits, gateway, family } of [IPV4, IPV6])
      await pod.shell(`
        ip addr add ${podIp(index)}/${hostBits} dev eth0${atOnce(family)}
        ip route add ${gateway}/${hostBits} dev eth0
        ip ${family === 'IPv6' ? '-6' : ''} route add default via ${gateway} dev eth0
      `);
  }
}

/** Usable without first finding out for a second whether somebody else has the address. */
export const atOnce = (family: IpFamily): string => (family === 'IPv6' ? ' nodad' : '');

/** The same for the addresses that the kernel gives itself. */
const IPV6_AT_ONCE = `
  for kind in all default; do
    sysctl -qw net.ipv6.conf.$kind.disable_ipv6=0 net.ipv6.conf.$kind.accept_dad=0 net.ipv6.conf.$kind.accept_ra=0
  done
`;

/**
 * The agent's masquerading, as far as it concerns the proxy: it keeps the kernel tracking connections, and translating what it translates, when the
 * proxy's table goes.
 */
const POD_NETWORK_TABLE = `nft 'table inet pod-network {
  chain postrouting { type nat hook postrouting priority srcnat; oifname "elsewhere" masquerade; }
  chain output { type filter hook output priority filter; icmp type redirect oifname "cni0" drop; icmpv6 type nd-redirect oifname "cni0" drop; }
}'`;

const nodeSide = (at: LabAddresses): string => `
  ip addr add ${at.gateway}/${at.nodePodCidr.split('/')[1]} dev cni0${atOnce(at.family)}
  ip route add ${at.serviceCidr} dev cni0 metric 1024
  ip addr add ${at.nodeIp}/${at.nodeNetworkBits} dev eth0${atOnce(at.family)}
  ip ${at.family === 'IPv6' ? '-6' : ''} route add default via ${at.outsideIp}
  ip route add ${at.remotePodCidr} via ${at.outsideIp}
`;

const outsideSide = (at: LabAddresses): string => `
  ip addr add ${at.outsideIp}/${at.nodeNetworkBits} dev eth0${atOnce(at.family)}
  ip addr add ${at.strangerIp}/${at.nodeNetworkBits} dev eth0${at.family === 'IPv6' ? ' nodad preferred_lft 0' : ''}
  ip addr add ${at.remotePodIp}/${at.hostBits} dev lo${atOnce(at.family)}
  ip route add ${at.nodePodCidr} via ${at.nodeIp}
  ip route add ${at.serviceCidr} via ${at.nodeIp} src ${at.outsideIp}
  ip route add ${at.externalCidr} via ${at.nodeIp} src ${at.outsideIp}
`;
