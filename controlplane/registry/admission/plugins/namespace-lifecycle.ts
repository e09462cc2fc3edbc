import { isStored, type Kinds, type Resource } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import type { AdmissionPlugin, AdmissionRequest, AdmissionTools } from '../admission.ts';

/** Namespaces that may not be deleted. */
const IMMORTAL: ReadonlySet<string> = new Set(['default', 'kube-system', 'kube-public']);

const NAMESPACES = { group: '', resource: 'namespaces' };

/** What is created in a namespace needs it to be there, and staying; some namespaces may not be deleted. */
export const namespaceLifecycle: AdmissionPlugin = {
  name: 'NamespaceLifecycle',
  admit(request, tools) {
    const { operation, resource, name } = request;
    if (operation === 'DELETE' && resource.storage === 'namespaces' && IMMORTAL.has(name)) {
      throw StatusError.forbidden(NAMESPACES, name, 'this namespace may not be deleted');
    }
    if (operation === 'CREATE' && resource.namespaced && isStored(resource)) requireNamespace(request, tools);
  },
};

function requireNamespace(request: AdmissionRequest, { store }: AdmissionTools): void {
  const { namespace, name } = request;
  const found = store.get({ resource: 'namespaces', namespace: '', name: namespace })?.object as
    | Kinds['namespaces']
    | undefined;
  if (found === undefined) throw StatusError.notFound(NAMESPACES, namespace);
  const { deletionTimestamp } = found.metadata;
  if (deletionTimestamp === undefined && found.status?.phase !== 'Terminating') return;
  throw terminating(request.resource, name, namespace);
}

function terminating(resource: Resource, name: string, namespace: string): StatusError {
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
