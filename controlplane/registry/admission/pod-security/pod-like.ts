import type { PodSpec, PodTemplateSpec } from '#api/gen/types.ts';
import type { KubeObject } from '#api/resources.ts';
import type { PodLike } from './check.ts';

export const podLike = (annotations: Readonly<Record<string, string>> = {}, spec: PodSpec): PodLike => ({
  annotations,
  spec,
});

/** Kinds of which each object makes Pods. */
const WORKLOADS = new Set([
  'podtemplates',
  'replicationcontrollers',
  'replicasets',
  'deployments',
  'statefulsets',
  'daemonsets',
  'jobs',
  'cronjobs',
]);

export const isWorkload = (storage: string): boolean => WORKLOADS.has(storage);

interface Templated {
  readonly template?: PodTemplateSpec;
  readonly spec?: {
    readonly template?: PodTemplateSpec;
    readonly jobTemplate?: { readonly spec?: { readonly template?: PodTemplateSpec } };
  };
}

/** The Pod that a workload makes; undefined when it has no template. */
export function templateOf(workload: KubeObject): PodLike | undefined {
  const { template, spec } = workload as Templated;
  const found = template ?? spec?.template ?? spec?.jobTemplate?.spec?.template;
  return found?.spec && podLike(found.metadata?.annotations, found.spec);
}
