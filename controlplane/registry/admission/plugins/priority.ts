import type { Kinds } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import type { Store } from '../../../store/store.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../admission.ts';

type Pod = Kinds['pods'];
type PriorityClass = Kinds['priorityclasses'];

/** plugin/pkg/admission/priority: Pods get the numbers of their PriorityClass, of which one at most is the default. */
export const priority: AdmissionPlugin = {
  name: 'Priority',
  admit({ operation, resource, subresource, object, old }, { store }) {
    if (resource.storage !== 'pods' || subresource !== undefined) return;
    const pod = object as unknown as Pod;
    if (operation === 'CREATE') resolvePriority(pod, store);
    if (operation === 'UPDATE') keepPriority(pod, old as unknown as Pod);
  },
  validate(request, { store }) {
    const { operation, resource, subresource } = request;
    const isClass = resource.storage === 'priorityclasses' && subresource === undefined;
    if (isClass && (operation === 'CREATE' || operation === 'UPDATE')) refuseSecondDefault(request, store);
  },
};

interface Resolved {
  readonly value: number;
  readonly policy: string;
}

function resolvePriority(pod: Pod, store: Store): void {
  const spec = pod.spec!;
  const chosen = spec.priorityClassName ? undefined : defaultClass(store);
  if (chosen !== undefined) spec.priorityClassName = chosen.metadata.name;
  const name = spec.priorityClassName;
  const { value, policy } = name ? classNamed(name, pod, store) : { value: 0, policy: ORDINARY };
  if (spec.priority !== undefined && spec.priority !== value) {
    throw refused(
      pod,
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
    );
  }
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy) {
    throw refused(
      pod,
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
    );
  }
  spec.priority = value;
  spec.preemptionPolicy = policy;
}

const ORDINARY = 'PreemptLowerPriority';

/** The API server keeps these two classes there at all times; Pods of the system must not wait for them. */
const SYSTEM_CLASSES: ReadonlyMap<string, number> = new Map([
  ['system-cluster-critical', 2_000_000_000],
  ['system-node-critical', 2_000_001_000],
]);

function classNamed(name: string, pod: Pod, store: Store): Resolved {
  const found = store.get({ resource: 'priorityclasses', namespace: '', name })?.object as
    | PriorityClass
    | undefined;
  const value = found === undefined ? SYSTEM_CLASSES.get(name) : (found.value ?? 0);
  if (value === undefined) throw refused(pod, `no PriorityClass with name ${name} was found`);
  return { value, policy: found?.preemptionPolicy ?? ORDINARY };
}

/** Of several defaults, which only a race can leave, the one with the lowest value. */
function defaultClass(store: Store): PriorityClass | undefined {
  const defaults = store
    .list('priorityclasses')
    .map(({ object }) => object as unknown as PriorityClass)
    .filter(({ globalDefault }) => globalDefault === true);
  return defaults.toSorted((a, b) => (a.value ?? 0) - (b.value ?? 0))[0];
}

/** An update that leaves them out keeps them. */
function keepPriority({ spec }: Pod, { spec: old }: Pod): void {
  if (spec === undefined || old === undefined) return;
  if (spec.priority === undefined && old.priority !== undefined) spec.priority = old.priority;
  if (spec.preemptionPolicy === undefined && old.preemptionPolicy !== undefined) {
    spec.preemptionPolicy = old.preemptionPolicy;
  }
}

function refuseSecondDefault({ operation, name, object }: AdmissionRequest, store: Store): void {
  if ((object as unknown as PriorityClass).globalDefault !== true) return;
  const existing = defaultClass(store);
  if (existing === undefined || (operation === 'UPDATE' && existing.metadata.name === name)) return;
  throw StatusError.forbidden(
    { group: 'scheduling.k8s.io', resource: 'priorityclasses' },
    name,
    `PriorityClass ${existing.metadata.name} is already marked as default. Only one default can exist`,
  );
}

const refused = ({ metadata }: Pod, why: string): StatusError =>
  StatusError.forbidden({ group: '', resource: 'pods' }, metadata.name, why);
