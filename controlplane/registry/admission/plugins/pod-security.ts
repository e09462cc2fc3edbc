import type { Kinds, KubeObject } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import type { AdmissionPlugin, AdmissionRequest, AdmissionTools } from '../admission.ts';
import { namespaceObjectOf } from '../namespaces.ts';
import type { PodLike, Violation } from '../pod-security/check.ts';
import { detailed, violationsOf } from '../pod-security/evaluate.ts';
import { warningsOfExisting } from '../pod-security/namespace-pods.ts';
import { isWorkload, podLike, templateOf } from '../pod-security/pod-like.ts';
import {
  hasPolicy,
  isStricter,
  policyOf,
  printLevel,
  sameLevel,
  type LevelVersion,
  type Policy,
} from '../pod-security/policy.ts';

type Pod = Kinds['pods'];

/** plugin/pkg/admission/security/podsecurity: Pods keep to the level of the Pod Security Standards that their namespace's labels name. */
export const podSecurity: AdmissionPlugin = {
  name: 'PodSecurity',
  validate(request, tools) {
    if (request.operation !== 'CREATE' && request.operation !== 'UPDATE') return;
    const { storage } = request.resource;
    if (storage === 'pods') validatePod(request, tools);
    else if (request.subresource !== undefined) return;
    else if (storage === 'namespaces') validateNamespace(request, tools);
    else if (isWorkload(storage)) warnOfTemplate(request, tools);
  },
};

function policyFor(request: AdmissionRequest, { store }: AdmissionTools): Policy | undefined {
  const labels = namespaceObjectOf(request, store)?.metadata.labels;
  return hasPolicy(labels) ? policyOf(labels) : undefined;
}

function validatePod(request: AdmissionRequest, tools: AdmissionTools): void {
  const { subresource, object, old, resource, name } = request;
  if (subresource !== undefined && subresource !== 'ephemeralcontainers') return;
  const policy = policyFor(request, tools);
  const pod = object as unknown as Pod;
  if (policy === undefined || (old !== undefined && !isSignificant(pod, old))) return;
  const like = podLike(pod.metadata.annotations, pod.spec!);
  const violations = violationsOf(like, policy.enforce);
  if (violations.length > 0) {
    const why = violates(policy.enforce, violations);
    throw StatusError.forbidden({ group: resource.group, resource: resource.name }, name, why);
  }
  warn(request, like, policy.warn);
}

function warnOfTemplate(request: AdmissionRequest, tools: AdmissionTools): void {
  const policy = policyFor(request, tools);
  if (policy === undefined || policy.warn.level === 'privileged') return;
  const like = templateOf(request.object!);
  if (like !== undefined) warn(request, like, policy.warn);
}

function warn({ options }: AdmissionRequest, pod: PodLike, level: LevelVersion): void {
  const violations = violationsOf(pod, level);
  if (violations.length > 0) options.warn(`would ${violates(level, violations, 'violate')}`);
}

const violates = (level: LevelVersion, violations: readonly Violation[], verb = 'violates'): string =>
  `${verb} PodSecurity "${printLevel(level)}": ${detailed(violations)}`;

/** Of what can change in a Pod, only images and further containers matter. */
function isSignificant({ spec }: Pod, { spec: before }: Pod): boolean {
  const imagesOf = (of: Pod['spec']): string[] =>
    [...(of?.initContainers ?? []), ...(of?.containers ?? []), ...(of?.ephemeralContainers ?? [])].map(
      ({ name, image = '' }) => `${name} ${image}`,
    );
  const known = imagesOf(before);
  const now = imagesOf(spec);
  return now.length !== known.length || now.some((one) => !known.includes(one));
}

/** Labels must be right when they are set; a stricter level warns of the Pods that are there. */
function validateNamespace(request: AdmissionRequest, { store }: AdmissionTools): void {
  const { object, old, name, options } = request;
  const { enforce, errors } = policyOf((object as KubeObject).metadata.labels);
  const before = old && policyOf(old.metadata.labels);
  const isNew = JSON.stringify(errors) !== JSON.stringify(before?.errors ?? []);
  if (errors.length > 0 && isNew) throw StatusError.invalid({ group: '', kind: 'Namespace' }, name, errors);
  if (before === undefined || sameLevel(enforce, before.enforce) || enforce.level === 'privileged') return;
  if (enforce.minor === before.enforce.minor && !isStricter(enforce, before.enforce)) return;
  for (const text of warningsOfExisting(name, enforce, store)) options.warn(text);
}
