import type { Kinds } from '#api/resources.ts';
import { dns1123LabelProblems } from '#api/validation.ts';
import type { Strategy } from '../strategy.ts';

const NAME_LABEL = 'kubernetes.io/metadata.name';

/** pkg/registry/core/namespace/strategy.go */
export const namespaceStrategy: Strategy<Kinds['namespaces']> = {
  nameProblems: dns1123LabelProblems,
  selectableFields: { 'status.phase': ({ status }) => status?.phase ?? '' },
  unknownFieldStyle: 'short',

  isFinalized: ({ spec }) => (spec?.finalizers ?? []).length === 0,

  setDefaults(namespace) {
    if (namespace.metadata.name) {
      namespace.metadata.labels = { ...namespace.metadata.labels, [NAME_LABEL]: namespace.metadata.name };
    }
  },
  prepareForCreate(namespace) {
    namespace.metadata.labels = { ...namespace.metadata.labels, [NAME_LABEL]: namespace.metadata.name };
    const finalizers = new Set(namespace.spec?.finalizers).add('kubernetes');
    namespace.spec = { finalizers: [...finalizers] };
    namespace.status = { phase: 'Active' };
  },
  prepareForUpdate(namespace, old) {
    namespace.spec = old.spec ?? {};
    namespace.status = old.status ?? {};
  },
  status: {
    prepareForUpdate(namespace, old) {
      namespace.spec = old.spec ?? {};
    },
    validateUpdate(namespace) {
      const deleting = namespace.metadata.deletionTimestamp !== undefined;
      const terminating = namespace.status?.phase === 'Terminating';
      if (deleting === terminating) return [];
      return [
        {
          type: 'FieldValueInvalid',
          field: 'status.Phase',
          value: namespace.status?.phase ?? '',
          detail: deleting
            ? "may only be 'Terminating' if `deletionTimestamp` is not empty"
            : "may only be 'Active' if `deletionTimestamp` is empty",
        },
      ];
    },
  },
};
