import type { Logger } from 'pino';
import { expect, test } from 'vitest';
import { FakeClock } from '#api/clock.ts';
import type { Proxier, ProxyMode } from './proxier.ts';
import { ServiceCarrier } from './service-carrier.ts';
import type { ServicePortMap } from './service-port.ts';
import { aServicePort } from './testing/service-port.ts';

const LOG = { info() {}, debug() {}, error() {} } as unknown as Logger;

/** Writes down what it is told, and fails or takes its time when a test says so. */
class FakeProxier implements Proxier {
  readonly mode: ProxyMode;
  readonly lost: () => void;
  readonly #told: string[];
  failures = 0;
  stopping: Promise<void> = Promise.resolve();

  constructor(mode: ProxyMode, lost: () => void, told: string[]) {
    this.mode = mode;
    this.lost = lost;
    this.#told = told;
  }

  sync(services: ServicePortMap): Promise<void> {
    this.#told.push(`${this.mode} syncs ${services.size}`);
    return this.failures-- > 0 ? Promise.reject(new Error('no')) : Promise.resolve();
  }

  verify(): Promise<boolean> {
    return Promise.resolve(true);
  }

  async stop(): Promise<void> {
    await this.stopping;
    this.#told.push(`${this.mode} stops`);
  }

  close(): void {
    this.#told.push(`${this.mode} closes`);
  }
}

interface Stage {
  readonly carrier: ServiceCarrier;
  readonly clock: FakeClock;
  readonly told: string[];
  /** By the order in which they were made. */
  readonly proxiers: FakeProxier[];
}

function build(prepare: (proxier: FakeProxier, index: number) => void = () => {}): Stage {
  const clock = new FakeClock(0);
  const told: string[] = [];
  const proxiers: FakeProxier[] = [];
  const carrier = new ServiceCarrier({
    mode: 'nftables',
    create(mode, lost) {
      const proxier = new FakeProxier(mode, lost, told);
      prepare(proxier, proxiers.push(proxier) - 1);
      return proxier;
    },
    services: () => new Map([['default/web:/IPv4', aServicePort()]]),
    clock,
    log: LOG,
  });
  return { carrier, clock, told, proxiers };
}

/** Lets what is ready happen, and pauses pass. */
async function settle(clock: FakeClock): Promise<void> {
  for (let turn = 0; turn < 8; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(2);
  }
}

test('carries, and takes away what a former process left of the other mode', async () => {
  const { carrier, clock, told } = build();
  await carrier.carried();
  await settle(clock);
  expect(told).toEqual(['nftables syncs 1', 'userspace stops']);
});

test('lets the new mode carry before the old one goes', async () => {
  const { carrier, clock, told } = build();
  await carrier.setMode('nftables');
  await settle(clock);
  told.length = 0;
  const switched = carrier.setMode('userspace');
  await settle(clock);
  await switched;
  expect(told).toEqual(['userspace syncs 1', 'nftables stops']);
});

test('goes on carrying while the old mode’s connections end', async () => {
  const ended = Promise.withResolvers<void>();
  const { carrier, clock, told } = build((proxier, index) => {
    if (index === 1) proxier.stopping = ended.promise;
  });
  await carrier.carried();
  await settle(clock);
  const again = carrier.carried();
  await settle(clock);
  await again;
  expect(told).toEqual(['nftables syncs 1', 'nftables syncs 1']);
  ended.resolve();
  await settle(clock);
  expect(told.at(-1)).toBe('userspace stops');
});

test('stays with what carries when the new mode cannot, and tries again', async () => {
  const { carrier, clock, told } = build((proxier, index) => {
    if (index === 2) proxier.failures = 1;
  });
  await carrier.setMode('nftables');
  await settle(clock);
  told.length = 0;
  const switched = carrier.setMode('userspace');
  await settle(clock);
  expect(told).toEqual(['userspace syncs 1', 'userspace closes']);
  clock.advance(100);
  await settle(clock);
  await switched;
  expect(told.slice(2)).toEqual(['userspace syncs 1', 'nftables stops']);
});

test('follows the preferred mode, and goes back to the one that was set', async () => {
  const { carrier, clock, told } = build();
  await carrier.setMode('nftables');
  await settle(clock);
  carrier.prefer('userspace');
  const there = carrier.carried();
  await settle(clock);
  await there;
  carrier.prefer(undefined);
  await settle(clock);
  const back = carrier.carried();
  await settle(clock);
  await back;
  expect(told.filter((line) => line.endsWith('syncs 1'))).toEqual([
    'nftables syncs 1',
    'userspace syncs 1',
    'nftables syncs 1',
  ]);
});

test('syncs when the proxier says that its work was changed', async () => {
  const { carrier, clock, told, proxiers } = build();
  await carrier.carried();
  await settle(clock);
  told.length = 0;
  proxiers[0]!.lost();
  await settle(clock);
  expect(told).toContain('nftables syncs 1');
});

test('leaves what it made when it ends', async () => {
  const { carrier, clock, told } = build();
  await carrier.setMode('nftables');
  await settle(clock);
  await carrier.stop();
  expect(told).toEqual(['nftables syncs 1', 'userspace stops', 'nftables closes']);
});
