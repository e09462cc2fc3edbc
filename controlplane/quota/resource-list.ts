import { addQuantities, compareQuantities, formatQuantity, parseQuantity } from '#api/quantity.ts';

/** Quantities by resource name: core/v1 `ResourceList`. Operations after `staging/src/k8s.io/apiserver/pkg/quota/v1/resources.go`. */
export type ResourceList = { readonly [resource: string]: string };

export function addLists(a: ResourceList, b: ResourceList): ResourceList {
  const sum: { [resource: string]: string } = { ...a };
  for (const [name, quantity] of Object.entries(b)) sum[name] = addQuantities(sum[name] ?? '0', quantity);
  return sum;
}

export function subtractLists(a: ResourceList, b: ResourceList): ResourceList {
  const negated = Object.entries(b).map(([name, quantity]) => {
    const { nano, format } = parseQuantity(quantity);
    return [name, formatQuantity({ nano: -nano, format })] as const;
  });
  return addLists(a, Object.fromEntries(negated));
}

/** The larger of each. */
export function maxOfLists(a: ResourceList, b: ResourceList): ResourceList {
  const larger: { [resource: string]: string } = { ...a };
  for (const [name, quantity] of Object.entries(b)) {
    const known = larger[name];
    if (known === undefined || compareQuantities(quantity, known) > 0) larger[name] = quantity;
  }
  return larger;
}

/** Only what `names` has. */
export const mask = (list: ResourceList, names: Iterable<string>): ResourceList =>
  Object.fromEntries([...names].flatMap((name) => (list[name] === undefined ? [] : [[name, list[name]]])));

/** The names of those that are above zero. */
export const positive = (list: ResourceList): string[] =>
  Object.keys(list).filter((name) => compareQuantities(list[name]!, '0') > 0);

/** `pods=1,requests.cpu=2`, as refusals have it. */
export const printList = (list: ResourceList): string =>
  Object.keys(list)
    .toSorted()
    .map((name) => `${name}=${list[name]!}`)
    .join(',');
