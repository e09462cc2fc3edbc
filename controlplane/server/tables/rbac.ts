import type { RbacV1Subject } from '#api/gen/types.ts';
import type { Kinds, KubeObject } from '#api/resources.ts';
import { since } from './durations.ts';
import { AGE, NAME, type Printer, column, wide } from './table.ts';

export const roleBindingPrinter: Printer<Kinds['rolebindings']> = {
  columns: [NAME, column('Role'), AGE, wide('Users'), wide('Groups'), wide('ServiceAccounts')],
  cells: ({ metadata, roleRef, subjects = [] }, now) => [
    metadata.name,
    `${roleRef.kind}/${roleRef.name}`,
    since(metadata.creationTimestamp, now),
    namesOf(subjects, 'User'),
    namesOf(subjects, 'Group'),
    namesOf(subjects, 'ServiceAccount'),
  ],
};

const namesOf = (subjects: readonly RbacV1Subject[], kind: string): string =>
  subjects
    .filter((subject) => subject.kind === kind)
    .map(({ name, namespace }) => (kind === 'ServiceAccount' ? `${namespace ?? ''}/${name}` : name))
    .join(', ');

/** Kubernetes prints no age of these kinds, but the time itself (apiserver's default table convertor). */
export const createdAtPrinter: Printer<KubeObject> = {
  columns: [NAME, column('Created At', AGE.description, 'date')],
  cells: ({ metadata }) => [metadata.name, metadata.creationTimestamp],
};
