import { clusterNetwork } from '#api/cluster-network.ts';
import pino from 'pino';
import { FakeClock } from '#api/clock.ts';
import { HttpRoutesTable } from '../http-routes/http-routes-table.ts';
import { FakeClient } from '../fake-client.ts';
import type { ControllerContext } from './context.ts';

/** What a controller is started with in tests: a cluster in memory and a clock that stands still. */
export interface TestContext extends ControllerContext {
  readonly client: FakeClient;
  readonly clock: FakeClock;
  /** Moves the clock on, a second at a time, and lets everybody come to rest after each. */
  pass(seconds: number): Promise<void>;
  /** `Normal Scheduled pod-name message` of every Event. */
  events(): string[];
}

/** Of a cluster with an authority and tokens that nobody takes for real ones. */
export const TEST_SETTINGS: ControllerContext['options'] = {
  httpRoutes: new HttpRoutesTable(),
  advertiseAddress: '172.18.0.2',
  network: clusterNetwork('ipv4'),
  caCert: 'CERTIFICATE',
  nodeMonitorGraceSeconds: 4,
  authority: { signRequest: async (_, { usages }) => `CERTIFICATE for ${usages.join(', ')}` },
  tokens: {
    issueLegacy: async (namespace, { name }, secret) => `TOKEN of ${namespace}/${name} in ${secret}`,
  },
};

export function testContext(settings: Partial<ControllerContext['options']> = {}): TestContext {
  const clock = new FakeClock();
  const client = new FakeClient(clock);
  return {
    client,
    clock,
    log: pino({ level: 'silent' }),
    options: {
      ...TEST_SETTINGS,
      httpRoutes: new HttpRoutesTable(),
      advertiseAddress: '172.30.0.2',
      caCert: 'CA',
      ...settings,
    },
    async pass(seconds) {
      await client.settled();
      for (let i = 0; i < seconds; i++) {
        clock.advance(1000);
        await client.settled();
      }
    },
    events: () =>
      client
        .list('events')
        .map(
          ({ type, reason, involvedObject, message }) =>
            `${type} ${reason} ${involvedObject.name} ${message}`,
        ),
  };
}
