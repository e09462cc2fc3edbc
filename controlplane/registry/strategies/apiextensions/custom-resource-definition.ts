import type { CustomResourceDefinitionVersion } from '#api/gen/types.ts';
import { CLEANUP_FINALIZER, isEstablished, type Definition } from '../../custom/definitions.ts';
import { validateDefinition, validateDefinitionUpdate } from '../../custom/validate-definition.ts';
import type { Strategy } from '../strategy.ts';

/** staging/src/k8s.io/apiextensions-apiserver/pkg/registry/customresourcedefinition/strategy.go */
export const customResourceDefinitionStrategy: Strategy<Definition> = {
  generation: true,
  needsResourceVersion: true,
  finalizersOnDelete: [CLEANUP_FINALIZER],

  setDefaults(definition) {
    const { spec } = fillIn(definition);
    const { names } = spec;
    if (!names.singular && names.kind) names.singular = names.kind.toLowerCase();
    if (!names.listKind && names.kind) names.listKind = `${names.kind}List`;
    spec.conversion ??= { strategy: 'None' };
  },
  prepareForCreate(definition) {
    definition.status = { ...NO_STATUS, storedVersions: storageVersions(definition) };
  },
  validate: validateDefinition,
  prepareForUpdate(definition, old) {
    const stored = old.status?.storedVersions ?? [];
    const added = storageVersions(definition).filter((name) => !stored.includes(name));
    definition.status = { ...NO_STATUS, ...old.status, storedVersions: [...stored, ...added] };
  },
  validateUpdate: (definition, old) => validateDefinitionUpdate(definition, old, isEstablished(old)),
  status: {
    prepareForUpdate(definition, old) {
      definition.spec = old.spec;
    },
  },
};

/** Decoding asks for no field, whatever the type says: what is missing is as empty as in Go. */
function fillIn(definition: Definition): Definition {
  const spec: Partial<Definition['spec']> = definition.spec ?? {};
  definition.spec = {
    ...spec,
    group: spec.group ?? '',
    names: { ...spec.names, plural: spec.names?.plural ?? '', kind: spec.names?.kind ?? '' },
    scope: spec.scope ?? '',
    versions: (spec.versions ?? []).map((version: Partial<CustomResourceDefinitionVersion>) => ({
      ...version,
      name: version.name ?? '',
      served: version.served ?? false,
      storage: version.storage ?? false,
    })),
  };
  return definition;
}

const NO_STATUS = { acceptedNames: { kind: '', plural: '' }, conditions: [] };

const storageVersions = ({ spec }: Definition): string[] =>
  spec.versions.filter(({ storage }) => storage).map(({ name }) => name);
