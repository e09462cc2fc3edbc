import { runController, type Controller } from '../controller.ts';
import { createEventRecorder } from '../recorder.ts';
import type { ControllerContext } from '../context.ts';
import { choosePodCidr } from './pod-cidrs.ts';

/** Gives every node its Pod CIDR. One worker, so that no range is given twice. */
export function startNodeIpamController({ client, clock, log }: ControllerContext): Controller {
  const recorder = createEventRecorder(client, clock, 'cidrAllocator', log);
  const controller = runController({ name: 'node-ipam', clock, log, workers: 1, sync });
  const stopWatch = client.watch('nodes', {
    added: ({ metadata }) => controller.enqueue(metadata.name),
    updated: (_, { metadata }) => controller.enqueue(metadata.name),
  });

  async function sync(name: string): Promise<void> {
    const node = client.get('nodes', '', name);
    if (node === undefined || (node.spec?.podCIDR ?? '') !== '') return;
    const taken = new Set(client.list('nodes').map(({ spec }) => spec?.podCIDR ?? ''));
    const cidr = choosePodCidr(name, taken);
    if (cidr === undefined) {
      recorder.event(node, 'Normal', 'CIDRNotAvailable', `Node ${name} status is now: CIDRNotAvailable`);
      throw new Error(`no Pod CIDR is free for the node ${name}`);
    }
    await client.update('nodes', { ...node, spec: { ...node.spec, podCIDR: cidr, podCIDRs: [cidr] } });
  }

  return {
    ...controller,
    async stop() {
      stopWatch();
      await controller.stop();
    },
  };
}
