import type { LabelSelector, LabelSelectorRequirement } from '#api/gen/types.ts';

type Labels = Readonly<Record<string, string>>;

/** Whether a metav1.LabelSelector selects an object of these labels; an empty selector selects everything. */
export function matchesLabels(selector: LabelSelector, labels: Labels = {}): boolean {
  const equal = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  return equal && (selector.matchExpressions ?? []).every((one) => matchesRequirement(one, labels));
}

function matchesRequirement({ key, operator, values }: LabelSelectorRequirement, labels: Labels): boolean {
  const value = labels[key];
  const among = value !== undefined && (values ?? []).includes(value);
  if (operator === 'In') return among;
  if (operator === 'NotIn') return !among;
  return operator === 'Exists' ? value !== undefined : value === undefined;
}

export const isEmptySelector = (selector: LabelSelector): boolean =>
  Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0;
