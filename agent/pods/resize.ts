import type { Container, ContainerStatus, PodCondition } from '#api/gen/types.ts';
import { quantityMilliValue, quantityValue } from '#api/quantity.ts';
import type { AppliedResources } from '../runtime/runtime.ts';
import { resourceLimits } from './container-spec.ts';
import { allContainers, isRunning, type ContainerRecord, type PodView } from './pod-state.ts';

/** What is to be done about a running container whose resources are not those that its Pod asks for (KEP-1287). */
export type Resize = 'none' | 'update' | 'restart';

export function resizeOf(view: PodView, container: Container, record: Readonly<ContainerRecord>): Resize {
  const applied = record.current?.container.resources;
  if (applied === undefined || !isRunning(record) || infeasible(view) !== undefined) return 'none';
  const wanted = wantedResources(container);
  const changed = [
    ...(wanted.cpuShares === applied.cpuShares && wanted.cpuQuota === applied.cpuQuota ? [] : ['cpu']),
    ...(wanted.memoryBytes === applied.memoryBytes ? [] : ['memory']),
  ];
  if (changed.length === 0) return 'none';
  const restarts = container.resizePolicy?.some(
    ({ resourceName, restartPolicy }) =>
      restartPolicy === 'RestartContainer' && changed.includes(resourceName),
  );
  if (restarts === true) return 'restart';
  return record.resizeFailure === undefined || record.resizeFailure.retryAt <= view.now ? 'update' : 'none';
}

/** As the engine says it: 0 for what is not limited. */
export function wantedResources(container: Container): AppliedResources {
  const { cpuShares = 0, cpuQuota = 0, memoryBytes = 0 } = resourceLimits(container);
  return { cpuShares, cpuQuota, memoryBytes };
}

const isApplied = (container: Container, { cpuShares, cpuQuota, memoryBytes }: AppliedResources): boolean => {
  const wanted = wantedResources(container);
  return wanted.cpuShares === cpuShares && wanted.cpuQuota === cpuQuota && wanted.memoryBytes === memoryBytes;
};

/** Why the node can never give the Pod what it asks for; undefined: it can. */
function infeasible({ pod, allocatable = {} }: PodView): string | undefined {
  const sum = (name: string, valueOf: (quantity: string) => number): number =>
    allContainers(pod).reduce(
      (total, { resources }) => total + valueOf(resources?.requests?.[name] ?? '0'),
      0,
    );
  for (const [name, valueOf] of [
    ['cpu', quantityMilliValue],
    ['memory', quantityValue],
  ] as const) {
    const capacity = allocatable[name];
    if (capacity === undefined || sum(name, valueOf) <= valueOf(capacity)) continue;
    return `Node didn't have enough capacity: ${name}, requested: ${sum(name, valueOf)}, capacity: ${valueOf(capacity)}`;
  }
  return undefined;
}

type Reported = Pick<ContainerStatus, 'allocatedResources' | 'resources'>;

/** What a container's status says that it has. Until a change has been made, that is what was said before. */
export function reportedResources(
  view: PodView,
  container: Container,
  record: Readonly<ContainerRecord>,
  old: ContainerStatus | undefined,
): Reported {
  const applied = isRunning(record) ? record.current?.container.resources : undefined;
  const before = old?.resources === undefined ? undefined : reportedOf(old);
  if (applied !== undefined && !isApplied(container, applied) && before !== undefined)
    return infeasible(view) === undefined ? { ...before, ...allocated(container) } : before;
  return { ...allocated(container), resources: container.resources ?? {} };
}

function allocated({ resources }: Container): Reported {
  const requests = resources?.requests ?? {};
  return Object.keys(requests).length === 0 ? {} : { allocatedResources: requests };
}

const reportedOf = ({ allocatedResources, resources }: ContainerStatus): Reported => ({
  ...(allocatedResources === undefined ? {} : { allocatedResources }),
  ...(resources === undefined ? {} : { resources }),
});

type Verdict = Pick<PodCondition, 'reason' | 'message'>;

/** The conditions of a resize that is not done; none when there is none under way. */
export function resizeVerdicts(view: PodView): ['PodResizePending' | 'PodResizeInProgress', Verdict][] {
  const waiting = allContainers(view.pod).flatMap((container) => {
    const record = view.containers.get(container.name);
    const applied = isRunning(record) ? record?.current?.container.resources : undefined;
    return record === undefined || applied === undefined || isApplied(container, applied) ? [] : [record];
  });
  if (waiting.length === 0) return [];
  const message = infeasible(view);
  if (message !== undefined) return [['PodResizePending', { reason: 'Infeasible', message }]];
  const failure = waiting.find((record) => record.resizeFailure !== undefined)?.resizeFailure;
  return [
    ['PodResizeInProgress', failure === undefined ? {} : { reason: 'Error', message: failure.message }],
  ];
}
