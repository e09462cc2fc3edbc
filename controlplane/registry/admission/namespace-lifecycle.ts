import type { Kinds } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import type { Environment } from '../environment.ts';
import type { Target } from '../registry.ts';

/** Namespaces that may not be deleted. */
export const IMMORTAL: ReadonlySet<string> = new Set(['default', 'kube-system', 'kube-public']);

const NAMESPACES = { group: '', resource: 'namespaces' };

/** NamespaceLifecycle on create: the namespace must be there, and staying. */
export function admitNamespace({ store }: Environment, target: Target, name: string | undefined): void {
  if (!target.resource.namespaced) return;
  const namespace = target.namespace ?? '';
  const found = store.get({ resource: 'namespaces', namespace: '', name: namespace })?.object as
    | Kinds['namespaces']
    | undefined;
  if (found === undefined) throw StatusError.notFound(NAMESPACES, namespace);
  const { deletionTimestamp } = found.metadata;
  if (deletionTimestamp === undefined && found.status?.phase !== 'Terminating') return;
  throw terminating(target, name ?? '', namespace);
}

function terminating({ resource }: Target, name: string, namespace: string): StatusError {
  const what = { group: resource.group, resource: resource.name };
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  const { message, details } = StatusError.forbidden(what, name, why);
  return new StatusError('Forbidden', message, {
    ...details,
    causes: [
      {
        reason: 'NamespaceTerminating',
        message: `namespace ${namespace} is being terminated`,
        field: 'metadata.namespace',
      },
    ],
  });
}
