import { runController, type Controller } from '../controller.ts';
import { createEventRecorder } from '../recorder.ts';
import type { ControllerContext } from '../context.ts';
import { choosePodCidrs } from './pod-cidrs.ts';

/** Gives every node its Pod CIDRs, one of each family. One worker, so that no range is given twice. */
export function startNodeIpamController({ client, clock, log, options }: ControllerContext): Controller {
  const recorder = createEventRecorder(client, clock, 'cidrAllocator', log);
  const controller = runController({ name: 'node-ipam', clock, log, workers: 1, sync });
  const stopWatch = client.watch('nodes', {
    added: ({ metadata }) => controller.enqueue(metadata.name),
    updated: (_, { metadata }) => controller.enqueue(metadata.name),
  });

  async function sync(name: string): Promise<void> {
    const node = client.get('nodes', '', name);
    if (node === undefined || (node.spec?.podCIDR ?? '') !== '') return;
    const taken = new Set(
      client.list('nodes').flatMap(({ spec }) => [...(spec?.podCIDRs ?? []), spec?.podCIDR ?? '']),
    );
    const cidrs = choosePodCidrs(options.network.podCidrs, name, taken);
    if (cidrs === undefined) {
      recorder.event(node, 'Normal', 'CIDRNotAvailable', `Node ${name} status is now: CIDRNotAvailable`);
      throw new Error(`no Pod CIDR is free for the node ${name}`);
    }
    await client.update('nodes', { ...node, spec: { ...node.spec, podCIDR: cidrs[0]!, podCIDRs: cidrs } });
  }

  return {
    ...controller,
    async stop() {
      stopWatch();
      await controller.stop();
    },
  };
}
