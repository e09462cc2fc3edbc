import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { runCommand } from '#api/command.ts';
import type { Answer, Calls, Question } from './worker.ts';

/** What keeps the lab from being built here; undefined: nothing. */
export function labObstacle(): string | undefined {
  const able = process.platform === 'linux' && process.getuid?.() === 0;
  return able ? undefined : 'needs Linux and root, to make network namespaces';
}

/**
 * A node with three Pods and a machine outside, each a network namespace wired as the agent wires them, so that rules are tried with real
 * packets. The machine outside is also the other node: it holds a Pod's address.
 */
export class Lab {
  readonly node: Member;
  readonly pods: readonly Member[];
  readonly outside: Member;

  static readonly NODE_IP = '172.30.0.2';
  static readonly OUTSIDE_IP = '172.30.0.1';
  static readonly REMOTE_POD_IP = '10.244.2.9';
  static readonly podIp = (index: number): string => `10.244.1.${index + 2}`;

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
    await this.node.shell(`
      sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.route_localnet=1 net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.default.send_redirects=0
      ip link add cni0 address 0a:58:0a:f4:01:01 type bridge
      ip link set cni0 up; ip link set lo up
      ip addr add 10.244.1.1/24 dev cni0
      ip route add 10.96.0.0/16 dev cni0 metric 1024
      ip link add eth0 type veth peer name eth0 netns ${this.outside.name}
      ip addr add ${Lab.NODE_IP}/24 dev eth0; ip link set eth0 up
      ip route add default via ${Lab.OUTSIDE_IP}
      ip route add 10.244.2.0/24 via ${Lab.OUTSIDE_IP}
    `);
    await this.outside.shell(`
      ip link set lo up
      ip addr add ${Lab.OUTSIDE_IP}/24 dev eth0; ip link set eth0 up
      ip addr add ${Lab.REMOTE_POD_IP}/32 dev lo
      ip route add 10.244.1.0/24 via ${Lab.NODE_IP}
      ip route add 10.96.0.0/16 via ${Lab.NODE_IP} src ${Lab.OUTSIDE_IP}
      ip route add 198.51.100.0/24 via ${Lab.NODE_IP}
    `);
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
    await pod.shell(`
      ip link set lo up; ip link set eth0 up
      ip addr add ${Lab.podIp(index)}/32 dev eth0
      ip route add 10.244.1.1 dev eth0 scope link
      ip route add default via 10.244.1.1
    `);
  }
}

/** One network namespace with a process in it. */
export class Member {
  readonly name: string;
  #process: ChildProcess | undefined;
  #calls = 0;

  constructor(name: string) {
    this.name = name;
  }

  shell(script: string): Promise<string> {
    return runCommand('ip', ['netns', 'exec', this.name, 'sh', '-e'], script);
  }

  async start(): Promise<void> {
    const child = fork(join(import.meta.dirname, 'worker.ts'), [], {
      execPath: 'ip',
      execArgv: ['netns', 'exec', this.name, process.execPath],
    });
    this.#process = child;
    await new Promise((resolve, reject) => {
      child.once('message', resolve);
      child.once('exit', (code) => reject(new Error(`the worker in ${this.name} ended with ${code}`)));
    });
  }

  async stop(): Promise<void> {
    const child = this.#process;
    if (child?.exitCode === null) {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill();
      await gone;
    }
    await runCommand('ip', ['netns', 'del', this.name]).catch(() => {});
  }

  async ask(question: Question): Promise<Answer> {
    return (await this.askOften(question, 1))[0]!;
  }

  askOften(question: Question, times: number): Promise<Answer[]> {
    return this.call('ask', question, times);
  }

  call<Name extends keyof Calls>(name: Name, ...args: Parameters<Calls[Name]>): ReturnType<Calls[Name]> {
    const id = ++this.#calls;
    const child = this.#process;
    const answer = new Promise((resolve, reject) => {
      const hear = (message: { id?: number; value?: unknown; error?: string }): void => {
        if (message.id !== id) return;
        child?.off('message', hear);
        if (message.error === undefined) resolve(message.value);
        else reject(new Error(message.error));
      };
      child?.on('message', hear);
      child?.send({ id, name, args });
    });
    return answer as ReturnType<Calls[Name]>;
  }
}
