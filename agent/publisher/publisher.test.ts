import type Docker from 'dockerode';
import type { Logger } from 'pino';
import { beforeEach, describe, expect, test } from 'vitest';
import { FakeClock } from '#api/clock.ts';
import type { HostPort, HostService } from './plan.ts';
import { createPublisher, type Publisher } from './publisher.ts';

const silent = { info() {}, debug() {}, warn() {} };
const log = { ...silent, child: () => silent } as unknown as Logger;

interface FakeContainer {
  readonly id: string;
  readonly spec: Docker.ContainerCreateOptions;
  running: boolean;
}

/** As much of an engine as publishers use. It gives each address and port of the host once. */
class FakeEngine {
  readonly containers = new Map<string, FakeContainer>();
  /** `127.0.0.1:80/tcp`: taken by somebody else. */
  readonly taken = new Set<string>();
  hasIpv6 = true;
  networkHasIpv6 = false;
  starts = 0;
  #ids = 0;

  get docker(): Docker {
    return {
      listContainers: () => Promise.resolve([...this.containers.values()].map((one) => this.#listed(one))),
      createContainer: (spec: Docker.ContainerCreateOptions) => Promise.resolve(this.#create(spec)),
      getNetwork: () => ({ inspect: () => Promise.resolve({ EnableIPv6: this.networkHasIpv6 }) }),
      getContainer: (id: string) => this.#handle(id),
    } as unknown as Docker;
  }

  /** Every address and port of the host that is published. */
  get published(): string[] {
    return [...this.containers.values()]
      .filter(({ running }) => running)
      .flatMap(bindings)
      .sort();
  }

  #listed({ id, spec, running }: FakeContainer): unknown {
    return { Id: id, Labels: spec.Labels, State: running ? 'running' : 'exited' };
  }

  #create(spec: Docker.ContainerCreateOptions): unknown {
    const id = `c${++this.#ids}`;
    this.containers.set(id, { id, spec, running: false });
    return { id, start: () => this.#start(id) };
  }

  async #start(id: string): Promise<void> {
    this.starts++;
    const container = this.containers.get(id)!;
    for (const binding of bindings(container)) {
      const [, host, protocol] = /^(.*)\/(tcp|udp)$/.exec(binding) ?? [];
      const refuse = (why: string): never => {
        throw new Error(
          `(HTTP code 500) server error - driver failed: listen ${protocol}4 ${host}: bind: ${why}`,
        );
      };
      if (binding.startsWith('[::1]') && !this.hasIpv6) refuse('cannot assign requested address');
      if (this.taken.has(binding) || this.published.includes(binding)) refuse('address already in use');
    }
    container.running = true;
  }

  #handle(id: string): unknown {
    return {
      inspect: () => Promise.resolve({ State: { Pid: Number(id.slice(1)) } }),
      remove: async () => {
        if (!this.containers.delete(id))
          throw Object.assign(new Error('no such container'), { statusCode: 404 });
      },
    };
  }
}

const bindings = ({ spec }: FakeContainer): string[] =>
  Object.entries(
    (spec.HostConfig?.PortBindings ?? {}) as Record<string, { HostIp: string; HostPort: string }[]>,
  ).flatMap(([name, hosts]) =>
    hosts.map(
      ({ HostIp: ip, HostPort: port }) =>
        `${ip.includes(':') ? `[${ip}]` : ip}:${port}/${name.split('/')[1]}`,
    ),
  );

const tcp = (port: number, ip = '172.18.0.3'): HostPort => ({
  protocol: 'tcp',
  port,
  targets: [{ ip, port }],
});
const service = (name: string, ...ports: HostPort[]): HostService => ({ namespace: 'default', name, ports });
const both = (port: number): string[] => [`127.0.0.1:${port}/tcp`, `[::1]:${port}/tcp`];

const webAt = (ip: string): HostService[] => [service('web', tcp(30080, ip))];

let engine: FakeEngine;
let clock: FakeClock;
/** What was last given to nft in each container, by number. */
let rules: Map<number, string>;
const newPublisher = (nodeName = 'node1'): Publisher =>
  createPublisher({
    docker: engine.docker,
    clusterName: 'podlab',
    nodeName,
    pauseImage: 'podlab',
    network: 'podlab',
    clock,
    log,
    runIn: (pid, program, _args, input) => {
      if (program === 'nft') rules.set(pid, input ?? '');
      return Promise.resolve();
    },
  });
const all = (): boolean => true;

beforeEach(() => {
  engine = new FakeEngine();
  clock = new FakeClock();
  rules = new Map();
});

describe('ports on the host', () => {
  test('are published on both loopback addresses, and go with their Service', async () => {
    const publisher = newPublisher();
    expect(await publisher.sync([service('web', tcp(30080), tcp(80))], all, false)).toEqual([]);
    expect(engine.published).toEqual([...both(30080), ...both(80)].sort());
    expect(rules.get(1)).toContain('tcp dport 80 dnat to 172.18.0.3:80;');
    await publisher.sync([], all, false);
    expect(engine.containers.size).toBe(0);
  });

  test('that the host refuses keep none of the others from being published, and are not asked for again at once', async () => {
    engine.taken.add('127.0.0.1:80/tcp');
    const publisher = newPublisher();
    const wanted = [service('web', tcp(30080), tcp(80)), service('api', tcp(30090))];
    const refusals = await publisher.sync(wanted, all, false);
    expect(refusals).toMatchObject([
      { service: { name: 'web' }, port: { port: 80 }, why: 'address already in use' },
    ]);
    expect(engine.published).toEqual([...both(30080), ...both(30090)].sort());
    expect(engine.containers.size).toBe(2);
    const { starts } = engine;
    expect(await publisher.sync(wanted, all, false)).toHaveLength(1);
    expect(engine.starts).toBe(starts);
    engine.taken.clear();
    clock.advance(10_000);
    expect(await publisher.sync(wanted, all, false)).toEqual([]);
    expect(engine.published).toEqual([...both(30080), ...both(30090), ...both(80)].sort());
  });

  test('are on 127.0.0.1 alone where the host has no IPv6, which is tried once', async () => {
    engine.hasIpv6 = false;
    const publisher = newPublisher();
    await publisher.sync([service('web', tcp(30080))], all, false);
    await publisher.sync([service('web', tcp(30080)), service('api', tcp(30090))], all, false);
    expect(engine.published).toEqual(['127.0.0.1:30080/tcp', '127.0.0.1:30090/tcp']);
    expect(engine.starts).toBe(3);
  });

  test('are on the loopback addresses of their own families where the network has IPv6, so that clients try the other one', async () => {
    engine.networkHasIpv6 = true;
    const dual = { ...tcp(30082), targets: [...tcp(30082).targets, ...tcp(30082, 'fd00::3').targets] };
    const wanted = [service('a', tcp(30080)), service('b', tcp(30081, 'fd00::3')), service('c', dual)];
    expect(await newPublisher().sync(wanted, all, false)).toEqual([]);
    expect(engine.published).toEqual(['127.0.0.1:30080/tcp', '[::1]:30081/tcp', ...both(30082)].sort());
  });

  test('get the other loopback address when their Service gets the other family', async () => {
    engine.networkHasIpv6 = true;
    const publisher = newPublisher();
    await publisher.sync([service('web', tcp(30080))], all, false);
    const dual = { ...tcp(30080), targets: [...tcp(30080).targets, ...tcp(30080, 'fd00::3').targets] };
    await publisher.sync([service('web', dual)], all, false);
    expect(engine.published).toEqual(both(30080));
  });

  test('that only an IPv6 host could have are refused where it has none', async () => {
    engine.networkHasIpv6 = true;
    engine.hasIpv6 = false;
    const publisher = newPublisher();
    const wanted = [service('web', tcp(30080, 'fd00::3'))];
    expect(await publisher.sync(wanted, all, false)).toMatchObject([
      { port: { port: 30080 }, why: 'cannot assign requested address' },
    ]);
    expect(engine.containers.size).toBe(0);
  });

  test('lead elsewhere without a new container when their node is another', async () => {
    const publisher = newPublisher();
    await publisher.sync([service('web', tcp(30080))], all, false);
    await publisher.sync([service('web', tcp(30080, '172.18.0.4'))], all, false);
    expect(engine.starts).toBe(1);
    expect(rules.get(1)).toContain('dnat to 172.18.0.4:30080;');
  });

  test('are aimed anew by who looks after them again, whatever another node did meanwhile', async () => {
    const [first, second] = [newPublisher('node1'), newPublisher('node2')];
    await first.sync(webAt('172.18.0.3'), all, false);
    await second.sync(webAt('172.18.0.4'), all, false);
    // Frozen meanwhile, or not: in either case it no longer knows where they lead.
    await first.sync(webAt('172.18.0.3'), all, true);
    expect(rules.get(1)).toContain('172.18.0.3');
    await second.sync(webAt('172.18.0.3'), () => false, false);
    await second.sync(webAt('172.18.0.4'), all, false);
    expect(rules.get(1)).toContain('172.18.0.4');
  });

  test('of a publisher that was killed are published again', async () => {
    const publisher = newPublisher();
    await publisher.sync([service('web', tcp(30080))], all, false);
    engine.containers.get('c1')!.running = false;
    await publisher.sync([service('web', tcp(30080))], all, false);
    expect(engine.published).toEqual(both(30080));
    expect([...engine.containers.keys()]).toEqual(['c2']);
    expect(rules.get(2)).toContain('dport 30080');
  });
});
