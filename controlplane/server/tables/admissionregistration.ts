import type { LabelSelector, ParamKind, ParamRef } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { since } from './durations.ts';
import { AGE, NAME, type Printer, column } from './table.ts';

const UNSET = '<unset>';

export const webhookConfigurationPrinter: Printer<
  Kinds['validatingwebhookconfigurations'] | Kinds['mutatingwebhookconfigurations']
> = {
  columns: [NAME, column('Webhooks', '', 'integer'), AGE],
  cells: ({ metadata, webhooks = [] }, now) => [
    metadata.name,
    webhooks.length,
    since(metadata.creationTimestamp, now),
  ],
};

const paramKindOf = (kind: ParamKind | undefined): string =>
  kind === undefined ? UNSET : `${kind.apiVersion ?? ''}/${kind.kind ?? ''}`;

export const validatingPolicyPrinter: Printer<Kinds['validatingadmissionpolicies']> = {
  columns: [NAME, column('Validations', '', 'integer'), column('ParamKind'), AGE],
  cells: ({ metadata, spec }, now) => [
    metadata.name,
    spec?.validations?.length ?? 0,
    paramKindOf(spec?.paramKind),
    since(metadata.creationTimestamp, now),
  ],
};

export const mutatingPolicyPrinter: Printer<Kinds['mutatingadmissionpolicies']> = {
  columns: [NAME, column('Mutations', '', 'integer'), column('ParamKind'), AGE],
  cells: ({ metadata, spec }, now) => [
    metadata.name,
    spec?.mutations?.length ?? 0,
    paramKindOf(spec?.paramKind),
    since(metadata.creationTimestamp, now),
  ],
};

export const policyBindingPrinter: Printer<
  Kinds['validatingadmissionpolicybindings'] | Kinds['mutatingadmissionpolicybindings']
> = {
  columns: [NAME, column('PolicyName'), column('ParamRef'), AGE],
  cells: ({ metadata, spec }, now) => [
    metadata.name,
    spec?.policyName ?? '',
    paramRefOf(spec?.paramRef),
    since(metadata.creationTimestamp, now),
  ],
};

/** Whether the parameter has a namespace is not known here: without one it is shown as in any. */
function paramRefOf(ref: ParamRef | undefined): string {
  if (ref === undefined) return UNSET;
  const { name = '', namespace = '', selector } = ref;
  if (name !== '') return `${namespace === '' ? '*' : namespace}/${name}`;
  return selector === undefined ? UNSET : goSelector(selector);
}

/** As Go prints the generated type. */
function goSelector({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const labels = Object.entries(matchLabels)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}: ${value},`)
    .join('');
  const expressions = matchExpressions
    .map(
      ({ key, operator, values = [] }) =>
        `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
    )
    .join('');
  return `&LabelSelector{MatchLabels:map[string]string{${labels}},MatchExpressions:[]LabelSelectorRequirement{${expressions}},}`;
}
