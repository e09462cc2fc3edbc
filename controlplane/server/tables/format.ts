import type { Container, LabelSelector } from '#api/gen/types.ts';

export const NONE = '<none>';

/** `a=b,c=d` in the order of the keys, `<none>` when empty (apimachinery `labels.FormatLabels`). */
export function formatLabels(labels: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? NONE : pairs.toSorted().join(',');
}

/** apimachinery `metav1.FormatLabelSelector`: `app=web,tier in (a,b)`. */
export function formatSelector(selector: LabelSelector | undefined): string {
  if (selector === undefined) return NONE;
  const labels = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => ({
    key,
    text: `${key}=${value}`,
  }));
  const expressions = (selector.matchExpressions ?? []).map((expression) => ({
    key: expression.key,
    text: formatExpression(expression.key, expression.operator, expression.values ?? []),
  }));
  const all = [...labels, ...expressions].toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return all.length === 0 ? NONE : all.map(({ text }) => text).join(',');
}

function formatExpression(key: string, operator: string, values: readonly string[]): string {
  const list = values.toSorted().join(',');
  switch (operator) {
    case 'In':
      return `${key} in (${list})`;
    case 'NotIn':
      return `${key} notin (${list})`;
    case 'Exists':
      return key;
    default:
      return `!${key}`;
  }
}

export const containerNames = (containers: readonly Container[] | undefined): string =>
  (containers ?? []).map(({ name }) => name).join(',');
export const containerImages = (containers: readonly Container[] | undefined): string =>
  (containers ?? []).map(({ image }) => image ?? '').join(',');

/** The first three, and how many more there are: `a,b,c + 7 more...`. */
export const firstThree = (items: readonly string[]): string =>
  items.length <= 3 ? items.join(',') : `${items.slice(0, 3).join(',')} + ${items.length - 3} more...`;

export const orNone = (text: string | undefined): string => (text === undefined || text === '' ? NONE : text);
