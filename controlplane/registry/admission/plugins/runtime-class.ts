import type { Scheduling } from '#api/gen/types.ts';
import { compareQuantities } from '#api/quantity.ts';
import type { Kinds } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import type { ResourceList } from '../../../quota/resource-list.ts';
import type { AdmissionPlugin, AdmissionRequest, AdmissionTools } from '../admission.ts';
import { mergeTolerations } from './merge-tolerations.ts';

type Pod = Kinds['pods'];
type RuntimeClass = Kinds['runtimeclasses'];
type PodSpec = NonNullable<Pod['spec']>;

/** plugin/pkg/admission/runtimeclass: a Pod costs what its RuntimeClass costs, and goes to the nodes that have it. */
export const runtimeClass: AdmissionPlugin = {
  name: 'RuntimeClass',
  admit(request, tools) {
    const spec = newPodSpec(request);
    const found = spec && classOf(spec, request, tools);
    if (spec === undefined || found === undefined) return;
    if (found.overhead !== undefined) setOverhead(spec, found.overhead.podFixed ?? {}, request);
    if (found.scheduling !== undefined) setScheduling(spec, found.scheduling, request);
  },
  validate(request, tools) {
    const spec = newPodSpec(request);
    if (spec === undefined) return;
    const overhead = classOf(spec, request, tools)?.overhead;
    if (overhead !== undefined) {
      if (!isSame(overhead.podFixed ?? {}, spec.overhead ?? {})) throw refused(request, MISMATCH);
    } else if (spec.overhead !== undefined) {
      throw refused(
        request,
        'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
      );
    }
  },
};

const MISMATCH = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";

function newPodSpec({ operation, resource, subresource, object }: AdmissionRequest): PodSpec | undefined {
  const isNew = operation === 'CREATE' && resource.storage === 'pods' && subresource === undefined;
  return isNew ? (object as unknown as Pod).spec : undefined;
}

function classOf(
  { runtimeClassName: name }: PodSpec,
  request: AdmissionRequest,
  { store }: AdmissionTools,
): RuntimeClass | undefined {
  if (name === undefined) return undefined;
  const found = store.get({ resource: 'runtimeclasses', namespace: '', name });
  if (found === undefined) {
    throw refused(request, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`);
  }
  return found.object as unknown as RuntimeClass;
}

function setOverhead(spec: PodSpec, overhead: ResourceList, request: AdmissionRequest): void {
  if (spec.overhead !== undefined && !isSame(overhead, spec.overhead)) throw refused(request, MISMATCH);
  spec.overhead = { ...overhead };
}

function setScheduling(spec: PodSpec, scheduling: Scheduling, request: AdmissionRequest): void {
  for (const [key, value] of Object.entries(scheduling.nodeSelector ?? {})) {
    const given = spec.nodeSelector?.[key];
    if (given !== undefined && given !== value) {
      throw refused(
        request,
        `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${given}`,
      );
    }
  }
  if (scheduling.nodeSelector !== undefined) {
    spec.nodeSelector = { ...spec.nodeSelector, ...scheduling.nodeSelector };
  }
  const tolerations = mergeTolerations(spec.tolerations ?? [], scheduling.tolerations ?? []);
  if (tolerations.length > 0) spec.tolerations = tolerations;
}

const isSame = (a: ResourceList, b: ResourceList): boolean =>
  Object.keys(a).length === Object.keys(b).length &&
  Object.entries(a).every(
    ([name, amount]) => b[name] !== undefined && compareQuantities(amount, b[name]) === 0,
  );

const refused = ({ name }: AdmissionRequest, why: string): StatusError =>
  StatusError.forbidden({ group: '', resource: 'pods' }, name, why);
