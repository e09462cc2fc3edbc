import type { Kinds } from '#api/resources.ts';
import type { Client } from '../../../client.ts';
import type { ControllerContext, Running } from '../../context.ts';
import { runController } from '../../controller.ts';
import { CLUSTER_ROLE_BINDINGS, ROLE_BINDINGS, ROLES } from './bindings.ts';
import { CONTROLLER_ROLE_BINDINGS, CONTROLLER_ROLES } from './controller-roles.ts';
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from './helpers.ts';
import { reconciledBinding, reconciledRole } from './reconcile.ts';
import { SYSTEM_ROLES } from './system-roles.ts';
import { USER_ROLES } from './user-roles.ts';

type Default =
  | { readonly resource: 'clusterroles'; readonly object: ClusterRole }
  | { readonly resource: 'roles'; readonly object: Role }
  | { readonly resource: 'clusterrolebindings'; readonly object: ClusterRoleBinding }
  | { readonly resource: 'rolebindings'; readonly object: RoleBinding };

/** Roles before the bindings to them. */
export const RBAC_DEFAULTS: readonly Default[] = [
  ...[...USER_ROLES, ...SYSTEM_ROLES, ...CONTROLLER_ROLES].map((object): Default => ({
    resource: 'clusterroles',
    object,
  })),
  ...[...CLUSTER_ROLE_BINDINGS, ...CONTROLLER_ROLE_BINDINGS].map((object): Default => ({
    resource: 'clusterrolebindings',
    object,
  })),
  ...ROLES.map((object): Default => ({ resource: 'roles', object })),
  ...ROLE_BINDINGS.map((object): Default => ({ resource: 'rolebindings', object })),
];

/**
 * Makes the default roles and bindings, and mends those that exist; once at each start, as the hook `rbac/bootstrap-roles` of Kubernetes'
 * API server does, so that what an administrator changes stays until the next.
 */
export function startRbacBootstrap({ client, clock, log }: ControllerContext): Running {
  const wanted = new Map(RBAC_DEFAULTS.map((one) => [keyOf(one), one]));
  const controller = runController({
    name: 'rbac-bootstrap',
    clock,
    log,
    // All in one commit of the store: until they are there, nobody but system:masters may do anything.
    workers: wanted.size,
    sync: (key) => ensure(client, wanted.get(key)!),
  });
  for (const key of wanted.keys()) controller.enqueue(key);
  return controller;
}

const keyOf = ({ resource, object: { metadata } }: Default): string =>
  `${resource}/${metadata.namespace ?? ''}/${metadata.name}`;

async function ensure(client: Client, { resource, object }: Default): Promise<void> {
  const { namespace = '', name } = object.metadata;
  const current = client.get(resource, namespace, name);
  if (current === undefined) {
    await client.create(resource, object);
  } else if (resource === 'clusterroles' || resource === 'roles') {
    const next = reconciledRole(current, object);
    if (next !== undefined) await client.update(resource, next);
  } else {
    await mendBinding(client, resource, current as Kinds[typeof resource], object);
  }
}

async function mendBinding<R extends 'clusterrolebindings' | 'rolebindings'>(
  client: Client,
  resource: R,
  current: Kinds[R],
  wanted: ClusterRoleBinding | RoleBinding,
): Promise<void> {
  const plan = reconciledBinding(current, wanted);
  if (plan === undefined) return;
  if (!plan.recreate) {
    await client.update(resource, plan.object);
    return;
  }
  const { uid, namespace = '', name, labels = {}, annotations = {} } = plan.object.metadata;
  await client.delete(resource, namespace, name, uid === undefined ? {} : { uid });
  const metadata = { name, ...(namespace === '' ? {} : { namespace }), labels, annotations };
  await client.create(resource, { ...plan.object, metadata });
}
