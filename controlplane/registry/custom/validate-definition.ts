import { deepEqual } from '#api/equal.ts';
import type { CustomResourceDefinitionNames, CustomResourceDefinitionVersion } from '#api/gen/types.ts';
import { duplicate, invalid, notSupported, required, type FieldError } from '#api/status.ts';
import { dns1035LabelProblems, dns1123SubdomainProblems } from '#api/validation.ts';
import type { Definition } from './definitions.ts';
import { parseJsonPath } from './json-path.ts';
import { isObject } from './schema/nodes.ts';
import { structuralProblems } from './schema/structural.ts';

/** What is wrong with a definition (apiextensions-apiserver `pkg/apis/apiextensions/validation`). */
export function validateDefinition(definition: Definition): FieldError[] {
  const { metadata, spec } = definition;
  const expected = `${spec.names.plural}.${spec.group}`;
  return [
    ...(metadata.name === expected
      ? []
      : [invalid('metadata.name', metadata.name, 'must be spec.names.plural+"."+spec.group')]),
    ...approvalProblems(definition),
    ...groupProblems(spec.group),
    ...(['Cluster', 'Namespaced'].includes(spec.scope)
      ? []
      : [
          spec.scope
            ? notSupported('spec.scope', spec.scope, ['Cluster', 'Namespaced'])
            : required('spec.scope'),
        ]),
    ...versionsProblems(spec.versions),
    ...namesProblems(spec.names),
    ...conversionProblems(definition),
    ...(spec.preserveUnknownFields === true
      ? [
          invalid(
            'spec.preserveUnknownFields',
            true,
            'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
          ),
        ]
      : []),
  ];
}

const APPROVED = 'api-approved.kubernetes.io';

/** Groups of Kubernetes itself (`APIApprovalState`). */
function approvalProblems({ metadata, spec }: Definition): FieldError[] {
  const isProtected = /(?:^|\.)(?:k8s|kubernetes)\.io$/.test(spec.group);
  if (!isProtected || metadata.annotations?.[APPROVED]) return [];
  return [
    required(
      `metadata.annotations[${APPROVED}]`,
      `protected groups must have approval annotation "${APPROVED}", see https://github.com/kubernetes/enhancements/pull/1111`,
    ),
  ];
}

function groupProblems(group: string): FieldError[] {
  if (!group) return [required('spec.group')];
  const problems = dns1123SubdomainProblems(group);
  if (problems.length === 0 && !group.includes('.'))
    problems.push('should be a domain with at least one dot');
  return problems.map((problem) => invalid('spec.group', group, problem));
}

function versionsProblems(versions: readonly CustomResourceDefinitionVersion[]): FieldError[] {
  const names = versions.map(({ name }) => name);
  const storage = versions.filter((version) => version.storage).length;
  const each = versions.flatMap((version, at) =>
    versionProblems(version, names.indexOf(version.name) < at, `spec.versions[${at}]`),
  );
  return [
    ...each,
    ...(storage === 1
      ? []
      : [invalid('spec.versions', names, 'must have exactly one version marked as storage version')]),
  ];
}

function versionProblems(
  version: CustomResourceDefinitionVersion,
  isRepeated: boolean,
  path: string,
): FieldError[] {
  const schema = version.schema?.openAPIV3Schema;
  const at = `${path}.schema.openAPIV3Schema`;
  return [
    ...(isRepeated ? [duplicate(`${path}.name`, version.name)] : []),
    ...dns1035LabelProblems(version.name).map((problem) => invalid(`${path}.name`, version.name, problem)),
    ...(schema === undefined ? [required(at, 'schemas are required')] : structuralProblems(schema, at)),
    ...(version.additionalPrinterColumns ?? []).flatMap((column, index) => {
      const where = `${path}.additionalPrinterColumns[${index}]`;
      return [
        ...(column.name ? [] : [required(`${where}.name`)]),
        ...(COLUMN_TYPES.includes(column.type)
          ? []
          : [invalid(`${where}.type`, column.type, `must be one of ${COLUMN_TYPES.join(',')}`)]),
        ...pathProblems(column.jsonPath, `${where}.jsonPath`),
      ];
    }),
    ...(version.selectableFields ?? []).flatMap(({ jsonPath }, index) =>
      pathProblems(jsonPath, `${path}.selectableFields[${index}].jsonPath`),
    ),
    ...scaleProblems(version, `${path}.subresources.scale`),
  ];
}

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string'];

function pathProblems(jsonPath: string, path: string): FieldError[] {
  if (!jsonPath) return [required(path)];
  return parseJsonPath(jsonPath) === undefined ? [invalid(path, jsonPath, 'is an invalid JSON path')] : [];
}

function scaleProblems({ subresources }: CustomResourceDefinitionVersion, path: string): FieldError[] {
  const scale = subresources?.scale;
  if (scale === undefined) return [];
  const parts = [
    ['specReplicasPath', scale.specReplicasPath, '.spec.'],
    ['statusReplicasPath', scale.statusReplicasPath, '.status.'],
  ] as const;
  return parts.flatMap(([field, value, root]) => {
    if (!value) return [required(`${path}.${field}`)];
    if (value.startsWith(root)) return [];
    return [invalid(`${path}.${field}`, value, `should be a json path under ${root.slice(0, -1)}`)];
  });
}

function namesProblems(names: CustomResourceDefinitionNames): FieldError[] {
  const path = 'spec.names';
  const labels = [
    ...(names.plural
      ? dns1035LabelProblems(names.plural).map((one) => invalid(`${path}.plural`, names.plural, one))
      : [required(`${path}.plural`)]),
    ...(names.singular
      ? dns1035LabelProblems(names.singular).map((one) => invalid(`${path}.singular`, names.singular, one))
      : []),
    ...(names.kind
      ? dns1035LabelProblems(names.kind.toLowerCase()).map((one) =>
          invalid(`${path}.kind`, names.kind, `may have mixed case, but should otherwise match: ${one}`),
        )
      : [required(`${path}.kind`)]),
  ];
  const lists = (['shortNames', 'categories'] as const).flatMap((field) =>
    (names[field] ?? []).flatMap((name, at) =>
      dns1035LabelProblems(name).map((one) => invalid(`${path}.${field}[${at}]`, name, one)),
    ),
  );
  return [
    ...labels,
    ...lists,
    ...(names.listKind && names.kind === names.listKind
      ? [invalid(`${path}.listKind`, names.listKind, 'kind and listKind may not be the same')]
      : []),
  ];
}

function conversionProblems({ spec: { conversion } }: Definition): FieldError[] {
  const path = 'spec.conversion';
  if (conversion === undefined) return [];
  if (!['None', 'Webhook'].includes(conversion.strategy)) {
    return [notSupported(`${path}.strategy`, conversion.strategy ?? '', ['None', 'Webhook'])];
  }
  if (conversion.strategy === 'None') return [];
  const { webhook } = conversion;
  if (webhook?.clientConfig === undefined) {
    return [required(`${path}.webhook.clientConfig`, 'required when strategy is set to Webhook')];
  }
  const { service, url } = webhook.clientConfig;
  return [
    ...(isObject(service) === Boolean(url)
      ? [required(`${path}.webhook.clientConfig`, 'exactly one of url or service is required')]
      : []),
    ...((webhook.conversionReviewVersions as string[] | undefined)?.includes('v1') === true
      ? []
      : [
          invalid(
            `${path}.webhook.conversionReviewVersions`,
            webhook.conversionReviewVersions,
            'must include at least one of v1, v1beta1',
          ),
        ]),
  ];
}

const immutable = (path: string, now: unknown, before: unknown): FieldError[] =>
  deepEqual(now, before) ? [] : [invalid(path, now, 'field is immutable')];

/** What an established definition may no longer change, and which versions must stay. */
export function validateDefinitionUpdate(
  definition: Definition,
  old: Definition,
  isEstablished: boolean,
): FieldError[] {
  const { spec, status } = definition;
  const names = spec.versions.map(({ name }) => name);
  return [
    ...(isEstablished
      ? [
          ...immutable('spec.scope', spec.scope, old.spec.scope),
          ...immutable('spec.names.kind', spec.names.kind, old.spec.names.kind),
        ]
      : []),
    ...immutable('spec.group', spec.group, old.spec.group),
    ...immutable('spec.names.plural', spec.names.plural, old.spec.names.plural),
    ...(status?.storedVersions ?? []).flatMap((name, at) =>
      names.includes(name)
        ? []
        : [
            invalid(
              `status.storedVersions[${at}]`,
              name,
              `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
            ),
          ],
    ),
  ];
}
