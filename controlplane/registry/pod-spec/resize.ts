import { deepEqual } from '#api/equal.ts';
import type { Container, PodSpec } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { forbidden, invalid, type FieldError } from '#api/status.ts';
import type { StatusStrategy } from '../strategies/strategy.ts';
import { differences } from './differences.ts';
import { qosClass } from './qos.ts';

type Pod = Kinds['pods'];

const LISTS = ['containers', 'initContainers'] as const;
const MUTABLE = ['cpu', 'memory'];

/** `pods/NAME/resize`: a Pod's containers get other resources, and nothing else of it changes (`podResizeStrategy`). */
export const resizeStrategy: StatusStrategy<Pod> = {
  prepareForUpdate(pod, old) {
    if (old.status !== undefined) pod.status = old.status;
    const [spec, before] = [pod.spec!, old.spec!];
    // Validation says what is wrong with other containers.
    if (orderErrors(spec, before).length > 0) return;
    pod.spec = { ...before, containers: resized(spec.containers, before.containers) };
    if (before.initContainers !== undefined)
      pod.spec.initContainers = resized(spec.initContainers ?? [], before.initContainers);
  },
  validateUpdate: validateResize,
};

const resized = (containers: readonly Container[], before: readonly Container[]): Container[] =>
  before.map((old, at) => {
    const { resources, resizePolicy } = containers[at]!;
    const { resources: _resources, resizePolicy: _policy, ...rest } = old;
    return {
      ...rest,
      ...(resources === undefined ? {} : { resources }),
      ...(resizePolicy === undefined ? {} : { resizePolicy }),
    };
  });

/** `ValidatePodResize`. */
function validateResize(pod: Pod, old: Pod): FieldError[] {
  const [spec, before] = [pod.spec!, old.spec!];
  const qos = old.status?.qosClass ?? qosClass(before);
  const errors: FieldError[] = [];
  if (qosClass(spec) !== qos)
    errors.push(invalid('spec', qos, 'Pod QOS Class may not change as a result of resizing'));
  if (!isSupported(old)) errors.push(forbidden('spec', 'Pod running on node without support for resize'));
  const order = orderErrors(spec, before);
  if (order.length > 0) return [...errors, ...order];
  return [
    ...errors,
    ...LISTS.flatMap((list) => removedErrors(spec, before, list)),
    ...otherChanges(spec, before),
  ];
}

/** A node that can change resources says which ones its containers have. */
const isSupported = ({ status }: Pod): boolean =>
  status?.containerStatuses?.find(({ state }) => state?.running !== undefined)?.resources !== undefined ||
  !(status?.containerStatuses ?? []).some(({ state }) => state?.running !== undefined);

const orderErrors = (spec: PodSpec, before: PodSpec): FieldError[] =>
  LISTS.flatMap((list) => {
    const [now, old] = [spec[list] ?? [], before[list] ?? []];
    if (now.length !== old.length)
      return [forbidden(`spec.${list}`, `${list} may not be added or removed on resize`)];
    return old.flatMap(({ name }, at) =>
      now[at]?.name === name
        ? []
        : [forbidden(`spec.${list}[${at}].name`, `${list} may not be renamed or reordered on resize`)],
    );
  });

const removedErrors = (spec: PodSpec, before: PodSpec, list: (typeof LISTS)[number]): FieldError[] =>
  (before[list] ?? []).flatMap(({ resources: old }, at) =>
    (['requests', 'limits'] as const).flatMap((part) => {
      const now = spec[list]?.[at]?.resources?.[part] ?? {};
      const isRemoved = Object.keys(old?.[part] ?? {}).some((name) => !(name in now));
      return isRemoved
        ? [forbidden(`spec.${list}[${at}].resources.${part}`, `resource ${part} cannot be removed`)]
        : [];
    }),
  );

/** Of containers cpu and memory may change; of init containers only those that go on running. */
function otherChanges(spec: PodSpec, before: PodSpec): FieldError[] {
  const munged: PodSpec = { ...spec, containers: withOld(spec.containers, before.containers, () => true) };
  if (spec.initContainers !== undefined)
    munged.initContainers = withOld(
      spec.initContainers,
      before.initContainers ?? [],
      ({ restartPolicy }) => restartPolicy === 'Always',
    );
  if (deepEqual(munged, before)) return [];
  const changes = differences(before, munged, 'spec').join('\n');
  return [forbidden('spec', `only cpu and memory resources are mutable\n${changes}\n`)];
}

const withOld = (
  containers: readonly Container[],
  before: readonly Container[],
  mayChange: (container: Container) => boolean,
): Container[] =>
  containers.map((container, at) => {
    const old = before[at];
    if (old === undefined || !mayChange(container)) return container;
    const resources = { ...container.resources };
    for (const part of ['requests', 'limits'] as const) {
      const amounts: Record<string, string> = { ...container.resources?.[part] };
      for (const name of MUTABLE) {
        const amount = old.resources?.[part]?.[name];
        if (amount === undefined) delete amounts[name];
        else amounts[name] = amount;
      }
      if (Object.keys(amounts).length === 0 && old.resources?.[part] === undefined) delete resources[part];
      else resources[part] = amounts;
    }
    return { ...container, resources };
  });
