import * as grpc from '@grpc/grpc-js';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { realClock, type Clock } from '#api/clock.ts';
import type { PolicyObject } from '#api/network-policy.ts';
import type { Kinds } from '#api/resources.ts';
import type { NetworkPolicyServiceHandlers } from '#proto/gen/podlab/v1/NetworkPolicyService.ts';
import type { NetworkPolicyUpdate } from '#proto/gen/podlab/v1/NetworkPolicyUpdate.ts';
import { networkPolicyProto } from '#proto/load.ts';
import { type EnforcerOptions, startNetworkPolicyEnforcer, type NetworkPolicyEnforcer } from './enforcer.ts';
import { FakeNft } from './fake-nft.testing.ts';

const SPEED = 25;
/** Real time, but faster: the patience of 5 s is over after 200 ms. */
const clock: Clock = { now: () => realClock.now(), after: (ms, call) => realClock.after(ms / SPEED, call) };
const WEB = '10.244.1.2';
const CLIENT = '10.244.2.2';

/** Says to each node that connects what it is told to say. */
class ControlPlane {
  readonly calls: Parameters<NetworkPolicyServiceHandlers['Watch']>[0][] = [];
  readonly #server = new grpc.Server();
  address = '';

  async start(): Promise<void> {
    this.#server.addService(networkPolicyProto.NetworkPolicyService.service, {
      Watch: (call: (typeof this.calls)[number]) => void this.calls.push(call),
    });
    const port = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    this.address = `127.0.0.1:${port}`;
  }

  async connections(count: number): Promise<void> {
    await vi.waitFor(() => expect(this.calls).toHaveLength(count), 5_000);
  }

  say(...updates: NetworkPolicyUpdate[]): void {
    for (const update of updates) this.calls.at(-1)!.write(update);
  }

  stop(): void {
    this.#server.forceShutdown();
  }
}

const put = (object: PolicyObject): NetworkPolicyUpdate => ({
  upserted: Buffer.from(JSON.stringify(object)),
});
const namespace = put({ kind: 'Namespace', namespace: '', name: 'default', labels: {} });
const deny = put({
  kind: 'NetworkPolicy',
  namespace: 'default',
  name: 'deny',
  spec: { podSelector: { matchLabels: { app: 'web' } }, policyTypes: ['Ingress'] },
});
/** The Pod that is isolated, as the control plane names it to its own node. */
const local = {
  kind: 'Pod',
  namespace: 'default',
  name: 'web',
  uid: 'u',
  nodeName: 'node1',
  labels: { app: 'web' },
  ips: [WEB],
  ports: [],
} as const;
const synced = (revision: number): NetworkPolicyUpdate => ({ synced: { revision } });
const pod = (app: string, resourceVersion: string): Kinds['pods'] => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    namespace: 'default',
    name: app,
    uid: `uid-${app}`,
    labels: { app },
    resourceVersion,
    creationTimestamp: '2026-01-01T00:00:00Z',
  },
});

describe('the enforcer', () => {
  let controlPlane: ControlPlane;
  let nft: FakeNft;
  let enforcer: NetworkPolicyEnforcer;

  const options = (): EnforcerOptions => ({
    address: controlPlane.address,
    credentials: async () => grpc.credentials.createInsecure(),
    nodeName: 'node1',
    clusterPodCidrs: ['10.244.0.0/16'],
    clusterDns: ['10.96.0.10'],
    clock,
    log: pino({ level: 'silent' }),
  });

  beforeEach(async () => {
    controlPlane = new ControlPlane();
    await controlPlane.start();
    nft = new FakeNft();
    enforcer = startNetworkPolicyEnforcer(options(), nft.run);
    await controlPlane.connections(1);
  });

  afterEach(async () => {
    await enforcer.stop();
    controlPlane.stop();
  });

  const reaches = (daddr = WEB): boolean =>
    nft.passes('forward', { saddr: CLIENT, daddr, protocol: 'tcp', dport: 80 });

  test('lets no Pod through while it has not heard of the policies, and says why', async () => {
    await expect(enforcer.protect('sandbox', pod('web', '5'), [WEB])).rejects.toThrow(
      'network policies are not known, because the control plane does not answer within 5 s',
    );
    controlPlane.say(synced(5));
    await enforcer.protect('sandbox', pod('web', '5'), [WEB]);
    expect(nft.table).toBeUndefined();
  });

  test('lets a Pod through when the rules of every policy from before it are in force', async () => {
    controlPlane.say(synced(5));
    const through = enforcer.protect('sandbox', pod('web', '7'), [WEB]);
    controlPlane.say(namespace, deny, { reached: { revision: 7 } });
    await through;
    expect(reaches()).toBe(false);
    expect(reaches('10.244.1.3')).toBe(true);
    enforcer.release('sandbox');
    await vi.waitFor(() => expect(reaches()).toBe(true));
  });

  test('holds an isolated Pod back while rules cannot be written, and no other', async () => {
    controlPlane.say(namespace, deny, synced(5));
    await vi.waitFor(() => expect(nft.table).toBeDefined());
    nft.failure = 'Operation not permitted';
    await expect(enforcer.protect('one', pod('web', '5'), [WEB])).rejects.toThrow('Operation not permitted');
    await enforcer.protect('two', pod('other', '5'), ['10.244.1.3']);
    nft.failure = undefined;
    await enforcer.protect('one', pod('web', '5'), [WEB]);
    expect(reaches()).toBe(false);
  });

  test('goes by the labels and addresses that the API shows later, and by its own for a new sandbox', async () => {
    const shown = {
      kind: 'Pod',
      namespace: 'default',
      name: 'web',
      uid: 'uid-web',
      nodeName: 'node1',
      ports: [],
    } as const;
    controlPlane.say(namespace, deny, put({ ...shown, labels: { app: 'web' }, ips: [WEB] }), synced(5));
    await vi.waitFor(() => expect(reaches()).toBe(false));
    await enforcer.protect('sandbox', pod('web', '5'), ['10.244.1.9']);
    expect([reaches(), reaches('10.244.1.9')]).toEqual([true, false]);
    controlPlane.say(put({ ...shown, labels: { app: 'free' }, ips: [WEB] }));
    await vi.waitFor(() => expect(reaches('10.244.1.9')).toBe(true));
  });

  test('keeps the rules while the control plane is away, and forgets then what is not named again', async () => {
    controlPlane.say(namespace, deny, put(local), synced(5));
    await vi.waitFor(() => expect(reaches()).toBe(false));
    controlPlane.calls[0]!.end();
    await controlPlane.connections(2);
    expect(reaches()).toBe(false);
    controlPlane.say(namespace, put(local));
    await vi.waitFor(() => expect(reaches()).toBe(false));
    controlPlane.say(synced(9));
    await vi.waitFor(() => expect(nft.table).toBeUndefined());
  });

  test('leaves out what makes no sense, and writes again what somebody removed', async () => {
    controlPlane.say({ upserted: Buffer.from('{') }, { upserted: Buffer.from('{"kind":"Odd"}') });
    controlPlane.say(namespace, deny, put(local), synced(5));
    await vi.waitFor(() => expect(reaches()).toBe(false));
    nft.table = undefined;
    await vi.waitFor(() => expect(reaches()).toBe(false), 5_000);
    controlPlane.say(
      { deleted: { kind: 'NetworkPolicy', namespace: 'default', name: 'deny' } },
      { cleared: { revision: 9 } },
    );
    await vi.waitFor(() => expect(nft.table).toBeUndefined());
  });

  test('leaves nothing behind that runs once it was stopped, also in the middle of a write', async () => {
    let timers = 0;
    const counting: Clock = {
      now: () => clock.now(),
      after(ms, call) {
        let done = false;
        timers++;
        const end = (): void => {
          if (!done) timers--;
          done = true;
        };
        const cancel = clock.after(ms, () => {
          end();
          call();
        });
        return () => {
          end();
          cancel();
        };
      },
    };
    let stopped: Promise<void> | undefined;
    const other = startNetworkPolicyEnforcer({ ...options(), clock: counting }, async (...asked) => {
      stopped ??= other.stop();
      return nft.run(...asked);
    });
    await controlPlane.connections(2);
    controlPlane.say(namespace, deny, synced(5));
    await vi.waitFor(() => expect(stopped).toBeDefined());
    await stopped;
    expect(timers).toBe(0);
  });
});
