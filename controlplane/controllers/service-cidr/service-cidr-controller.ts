import { rfc3339 } from '#api/clock.ts';
import { deepEqual } from '#api/equal.ts';
import type { ControllerContext, Running } from '../context.ts';
import { runController } from '../controller.ts';
import { createEventRecorder } from '../recorder.ts';
import {
  planServiceCidr,
  PROTECTION_FINALIZER,
  type Condition,
  type ServiceCidr,
} from './plan-service-cidr.ts';

/** Says that ServiceCIDRs are ready, and lets one go only when no Service's address needs it (`pkg/controller/servicecidrs`). */
export function startServiceCidrController({ client, clock, log, options }: ControllerContext): Running {
  const recorder = createEventRecorder(client, clock, 'kubernetes-service-cidr-controller', log);
  const controller = runController({ name: 'service-cidr', clock, log, workers: 1, sync });
  let isTold = false;

  async function sync(name: string): Promise<void> {
    const serviceCidr = client.get('servicecidrs', '', name);
    if (serviceCidr === undefined) return;
    tellOfOtherRange(serviceCidr);
    const all = client.list('servicecidrs');
    const plan = planServiceCidr(serviceCidr, all, () => client.list('ipaddresses'), options.network);
    const { metadata, spec } = serviceCidr;
    const finalizers = metadata.finalizers ?? [];
    switch (plan.kind) {
      case 'protect':
        await write({ ...metadata, finalizers: [...finalizers, PROTECTION_FINALIZER] }, spec);
        return;
      case 'release':
        await write(
          { ...metadata, finalizers: finalizers.filter((one) => one !== PROTECTION_FINALIZER) },
          spec,
        );
        return;
      case 'widen':
        await write(metadata, { cidrs: [...plan.cidrs] });
        return;
      case 'say':
        await say(plan.condition);
        return;
      case 'rest':
    }

    async function write(newMetadata: ServiceCidr['metadata'], newSpec: ServiceCidr['spec']): Promise<void> {
      await client.update('servicecidrs', {
        ...serviceCidr!,
        metadata: newMetadata,
        ...(newSpec === undefined ? {} : { spec: newSpec }),
      });
    }

    async function say(condition: Condition): Promise<void> {
      const others = (serviceCidr!.status?.conditions ?? []).filter(({ type }) => type !== condition.type);
      const lastTransitionTime = rfc3339(clock.now());
      const status = { conditions: [...others, { ...condition, lastTransitionTime }] };
      await client.updateStatus('servicecidrs', { ...serviceCidr!, status });
    }
  }

  /** Once, as Kubernetes' default-servicecidr controller does. */
  function tellOfOtherRange(serviceCidr: ServiceCidr): void {
    const cidrs = serviceCidr.spec?.cidrs ?? [];
    const wanted = options.network.serviceCidrs;
    if (isTold || serviceCidr.metadata.name !== 'kubernetes' || deepEqual(cidrs, wanted)) return;
    isTold = true;
    recorder.event(
      serviceCidr,
      'Warning',
      'KubernetesDefaultServiceCIDRInconsistent',
      `The default ServiceCIDR [${cidrs.join(' ')}] does not match the controller flag configurations [${wanted.join(' ')}]`,
    );
  }

  const enqueueTerminating = (): void => {
    for (const { metadata } of client.list('servicecidrs')) {
      if (metadata.deletionTimestamp !== undefined) controller.enqueue(metadata.name);
    }
  };
  const stops = [
    client.watch('servicecidrs', {
      added({ metadata }) {
        controller.enqueue(metadata.name);
        enqueueTerminating();
      },
      updated: (_, { metadata }) => controller.enqueue(metadata.name),
      deleted: enqueueTerminating,
    }),
    client.watch('ipaddresses', { deleted: enqueueTerminating }),
  ];
  return {
    async stop() {
      for (const stop of stops) stop();
      await controller.stop();
      await recorder.flush();
    },
  };
}
