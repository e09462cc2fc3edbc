import { deepEqual } from '#api/equal.ts';
import type { PolicyRule } from '#api/gen/types.ts';
import type { KubeObject, Kinds } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import type { Authorizer } from '../../../authorization/authorizer.ts';
import { escalationProblem } from '../../../authorization/escalation.ts';
import type { AdmissionPlugin, AdmissionRequest, AdmissionTools } from '../admission.ts';

const GROUP = 'rbac.authorization.k8s.io';
const ALL: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

type Role = Kinds['clusterroles'];
type Binding = Kinds['rolebindings'];

/** What a write would give to somebody, and the verb that would allow to give it whatever it is. */
interface Gift {
  readonly verb: 'escalate' | 'bind';
  readonly resource: string;
  readonly name: string;
  rules(authorizer: Authorizer): readonly PolicyRule[];
}

/** Nobody may give more than they hold (Kubernetes `pkg/registry/rbac/<kind>/policybased`). */
export const rbacEscalation: AdmissionPlugin = {
  name: 'RBACEscalation',
  validate(request, { authorizer }) {
    const { resource, namespace, name, object, old, options } = request;
    if (resource.group !== GROUP || object === undefined || isUnchanged(object, old)) return;
    const { user } = options;
    const gift = 'roleRef' in object ? ofBinding(object as unknown as Binding, namespace) : ofRole(request);
    if (user.groups.includes('system:masters') || mayGive(authorizer, request, gift)) return;
    const problem = escalationProblem(user, authorizer.rulesFor(user, namespace), gift.rules(authorizer));
    if (problem !== undefined)
      throw StatusError.forbidden({ group: GROUP, resource: resource.name }, name, problem);
  },
};

/** Relabelling what is there already gives nothing new. */
const isUnchanged = (object: KubeObject, old: KubeObject | undefined): boolean =>
  old !== undefined &&
  ['rules', 'aggregationRule', 'roleRef', 'subjects'].every((field) =>
    deepEqual(fieldOf(object, field), fieldOf(old, field)),
  );

const fieldOf = (object: KubeObject, field: string): unknown =>
  (object as unknown as { [name: string]: unknown })[field];

/** An aggregated role can become anything. */
function ofRole({ resource, name, object }: AdmissionRequest): Gift {
  const { rules, aggregationRule } = object as unknown as Role;
  const given = aggregationRule === undefined ? (rules ?? []) : ALL;
  return { verb: 'escalate', resource: resource.name, name, rules: () => given };
}

function ofBinding({ roleRef }: Binding, namespace: string): Gift {
  const isClusterRole = roleRef.kind === 'ClusterRole';
  const resource = isClusterRole ? 'clusterroles' : 'roles';
  const role = { kind: roleRef.kind, namespace: isClusterRole ? '' : namespace, name: roleRef.name };
  return {
    verb: 'bind',
    resource,
    name: roleRef.name,
    rules(authorizer) {
      const rules = authorizer.rulesOfRole(role);
      if (rules === undefined)
        throw StatusError.notFound({ group: GROUP, resource: resource.slice(0, -1) }, role.name);
      return rules;
    },
  };
}

const mayGive = (
  authorizer: AdmissionTools['authorizer'],
  { namespace, options }: AdmissionRequest,
  { verb, resource, name }: Gift,
): boolean =>
  authorizer.authorize({
    user: options.user,
    verb,
    group: GROUP,
    version: '*',
    resource,
    subresource: '',
    namespace,
    name,
  }).allowed;
