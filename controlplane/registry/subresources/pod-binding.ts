import { rfc3339 } from '#api/clock.ts';
import type { Binding, PodCondition } from '#api/gen/types.ts';
import type { Kinds, KubeObject } from '#api/resources.ts';
import { invalid, required, StatusError } from '#api/status.ts';
import type { Entry } from '../../store/store.ts';
import { admissionRequest, groupResource } from '../create.ts';
import { decodeAs } from '../decode/decode.ts';
import { keyOf, type Environment } from '../environment.ts';
import type { NamedTarget, WriteOptions } from '../registry.ts';
import { writeOrPretend } from '../write.ts';

type Pod = Kinds['pods'];

/** Assigns a Pod to a node (`BindingREST` in pkg/registry/core/pod/storage). */
export async function bindPod(
  environment: Environment,
  target: NamedTarget,
  body: unknown,
  options: WriteOptions,
): Promise<Entry> {
  const binding = decodeAs(
    'Binding',
    { kind: 'Binding', apiVersion: 'v1' },
    '',
    body,
    options,
  ) as Partial<Binding>;
  if ((binding.metadata?.name ?? '') !== target.name) {
    throw StatusError.badRequest('name in URL does not match name in Binding object');
  }
  validateBinding(binding, target.name);
  const { store, clock, admission } = environment;
  // Also of a Binding that was not posted to the Pod itself.
  const named = { ...target, subresource: 'binding' as const };
  const request = admissionRequest('CREATE', named, binding as KubeObject, undefined, options);
  await admission.admit(request);
  await admission.validate(request);
  const entry = await writeOrPretend(store, keyOf(target, target.name), options.dryRun, (current) => {
    if (current === undefined) throw StatusError.notFound(groupResource(target), target.name);
    return bound(current, binding, target, clock.now());
  });
  return entry!;
}

function validateBinding({ target }: Partial<Binding>, name: string): void {
  const errors = [
    ...(target?.kind && target.kind !== 'Node'
      ? [
          {
            ...invalid('target.kind', target.kind, 'supported values: "Node", "<empty>"'),
            type: 'FieldValueNotSupported' as const,
          },
        ]
      : []),
    ...(target?.name ? [] : [required('target.name')]),
  ];
  if (errors.length > 0) throw StatusError.invalid({ group: '', kind: 'Binding' }, name, errors);
}

function bound(pod: Pod, binding: Partial<Binding>, target: NamedTarget, now: number): Pod {
  const refuse = (why: string): StatusError =>
    StatusError.conflict({ group: '', resource: 'pods/binding' }, target.name, why);
  const { uid, resourceVersion, annotations } = binding.metadata ?? {};
  if (uid && uid !== pod.metadata.uid) {
    throw refuse(`Precondition failed: UID in precondition: ${uid}, UID in object meta: ${pod.metadata.uid}`);
  }
  if (resourceVersion && resourceVersion !== pod.metadata.resourceVersion) {
    throw refuse(
      `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${pod.metadata.resourceVersion}`,
    );
  }
  if (pod.metadata.deletionTimestamp !== undefined) {
    throw refuse(`pod ${pod.metadata.name} is being deleted, cannot be assigned to a host`);
  }
  if (pod.spec?.nodeName) {
    throw refuse(`pod ${pod.metadata.name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}`);
  }
  if ((pod.spec?.schedulingGates ?? []).length > 0) {
    throw refuse(`pod ${pod.metadata.name} has non-empty .spec.schedulingGates`);
  }
  return {
    ...pod,
    metadata:
      annotations === undefined
        ? pod.metadata
        : { ...pod.metadata, annotations: { ...pod.metadata.annotations, ...annotations } },
    spec: { ...pod.spec!, nodeName: binding.target!.name! },
    status: { ...pod.status, conditions: scheduled(pod, now) },
  };
}

function scheduled(pod: Pod, now: number): PodCondition[] {
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'PodScheduled');
  return [
    ...others,
    {
      type: 'PodScheduled',
      status: 'True',
      lastTransitionTime: rfc3339(now),
      observedGeneration: pod.metadata.generation ?? 1,
    },
  ];
}
