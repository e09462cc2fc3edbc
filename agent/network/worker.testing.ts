/** Runs the Pod network in the network namespace that a test started this process in, and does there what the test asks for over IPC. */
import { pino } from 'pino';
import { createPodNetwork } from './linux-pod-network.ts';
import type { Peer, PublishedPorts } from './pod-network.ts';

const network = createPodNetwork({
  log: pino({ level: 'fatal' }),
  lastAddressesFile: process.argv[2] ?? '',
  nodeName: process.argv[3] ?? '',
  dockerNetwork: process.argv[4] ?? '',
});

const calls = {
  start: (...podCidrs: string[]) =>
    network.start({
      podCidrs,
      clusterPodCidrs: ['10.244.0.0/16', 'fd00:10:244::/56'],
      serviceCidrs: ['10.96.0.0/16', 'fd00:10:96::/112'],
    }),
  attach: (sandboxId: string, pid: number, published?: PublishedPorts) =>
    network.attach(sandboxId, pid, published),
  /** Somebody is asked before a packet can pass, and does not agree. */
  attachRefused: (sandboxId: string, pid: number) =>
    network.attach(sandboxId, pid, undefined, (ips) =>
      Promise.reject(new Error(`no rules yet for ${ips.join()}`)),
    ),
  detach: (sandboxId: string) => network.detach(sandboxId),
  verify: () => network.verify(),
  retain: (sandboxIds: readonly string[]) => network.retain(sandboxIds),
  setPeers: (peers: readonly Peer[]) => network.setPeers(peers),
};

export type Calls = typeof calls;

interface Call {
  readonly id: number;
  readonly name: keyof Calls;
  readonly args: readonly unknown[];
}

async function answer({ id, name, args }: Call): Promise<void> {
  const work = calls[name] as (...given: readonly unknown[]) => Promise<unknown>;
  try {
    process.send?.({ id, value: await work(...args) });
  } catch (error) {
    process.send?.({ id, error: (error as Error).message });
  }
}

process.on('message', (call: Call) => void answer(call));
process.on('disconnect', () => process.exit());
process.send?.({ ready: true });
