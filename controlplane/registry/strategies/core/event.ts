import type { Kinds } from '#api/resources.ts';
import { invalid, type FieldError } from '#api/status.ts';
import type { Strategy } from '../strategy.ts';

type Event = Kinds['events'];

/** pkg/registry/core/event/strategy.go */
export const eventStrategy: Strategy<Event> = {
  createOnUpdate: true,
  unknownFieldStyle: 'short',
  selectableFields: {
    'involvedObject.kind': (event) => event.involvedObject.kind ?? '',
    'involvedObject.namespace': (event) => event.involvedObject.namespace ?? '',
    'involvedObject.name': (event) => event.involvedObject.name ?? '',
    'involvedObject.uid': (event) => event.involvedObject.uid ?? '',
    'involvedObject.apiVersion': (event) => event.involvedObject.apiVersion ?? '',
    'involvedObject.resourceVersion': (event) => event.involvedObject.resourceVersion ?? '',
    'involvedObject.fieldPath': (event) => event.involvedObject.fieldPath ?? '',
    reason: (event) => event.reason ?? '',
    reportingComponent: (event) => event.reportingComponent ?? '',
    source: (event) => event.source?.component ?? event.reportingComponent ?? '',
    type: (event) => event.type ?? '',
  },

  setDefaults(event) {
    event.involvedObject ??= {};
    event.source ??= {};
    event.reportingComponent ??= '';
    event.reportingInstance ??= '';
  },
  validate: validateInvolvedObject,
};

/** `legacyValidateEvent`: an event of a cluster-scoped object stands in `default`. */
function validateInvolvedObject(event: Event): FieldError[] {
  const { namespace = '' } = event.involvedObject;
  const stands = event.metadata.namespace ?? '';
  if (namespace === '') {
    const allowed = stands === '' || stands === 'default' || stands === 'kube-system';
    return allowed ? [] : [invalid('involvedObject.namespace', namespace, 'does not match event.namespace')];
  }
  return namespace === stands
    ? []
    : [invalid('involvedObject.namespace', namespace, 'does not match event.namespace')];
}
