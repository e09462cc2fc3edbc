import { rfc3339 } from '#api/clock.ts';
import type {
  CustomResourceDefinitionCondition as Condition,
  CustomResourceDefinitionNames as Names,
  CustomResourceDefinitionStatus as Status,
} from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';

type Definition = Kinds['customresourcedefinitions'];

/**
 * The status of a definition by the names that others of its group have been given (apiextensions-apiserver `status/naming_controller.go` and
 * `establish`). Names that are somebody else's are not accepted, and without its names a definition is not served.
 */
export function namedStatus(definition: Definition, others: readonly Definition[], now: number): Status {
  const { spec, status } = definition;
  const taken = others.map((other) => other.status?.acceptedNames).filter((names) => names !== undefined);
  const conflict = conflictOf(spec.names, taken);
  const accepted = conflict === undefined;
  const known = status?.conditions ?? [];
  const established = known.some((one) => one.type === 'Established' && one.status === 'True');
  const conditions = [
    accepted
      ? condition('NamesAccepted', 'True', 'NoConflicts', 'no conflicts found')
      : condition('NamesAccepted', 'False', conflict.reason, conflict.message),
    accepted || established
      ? condition('Established', 'True', 'InitialNamesAccepted', 'the initial names have been accepted')
      : condition('Established', 'False', 'NotAccepted', 'not all names are accepted'),
  ];
  return {
    ...status,
    acceptedNames: accepted ? spec.names : (status?.acceptedNames ?? { kind: '', plural: '' }),
    conditions: conditions.reduce((all, one) => withCondition(all, one, now), known),
  };
}

export function withCondition(all: readonly Condition[], one: Condition, now: number): Condition[] {
  const before = all.find(({ type }) => type === one.type);
  const lastTransitionTime = before?.status === one.status ? before.lastTransitionTime : rfc3339(now);
  const next = { lastTransitionTime: lastTransitionTime ?? rfc3339(now), ...one };
  return before === undefined ? [...all, next] : all.map((each) => (each === before ? next : each));
}

export const condition = (type: string, status: string, reason: string, message: string): Condition => ({
  type,
  status,
  reason,
  message,
});

interface Conflict {
  readonly reason: string;
  readonly message: string;
}

const inUse = (reason: string, name: string): Conflict => ({
  reason,
  message: `${JSON.stringify(name)} is already in use`,
});

function conflictOf(names: Names, taken: readonly Names[]): Conflict | undefined {
  const resources = new Set(
    taken.flatMap((one) => [one.plural, one.singular ?? '', ...(one.shortNames ?? [])]),
  );
  const kinds = new Set(taken.flatMap(({ kind, listKind = '' }) => [kind, listKind]));
  if (resources.has(names.plural)) return inUse('PluralConflict', names.plural);
  if (names.singular && resources.has(names.singular)) return inUse('SingularConflict', names.singular);
  const short = (names.shortNames ?? []).find((name) => resources.has(name));
  if (short !== undefined) return inUse('ShortNamesConflict', short);
  if (kinds.has(names.kind)) return inUse('KindConflict', names.kind);
  if (names.listKind && kinds.has(names.listKind)) return inUse('ListKindConflict', names.listKind);
  return undefined;
}
