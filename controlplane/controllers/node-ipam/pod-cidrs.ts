/** The third byte of a Pod CIDR `10.244.N.0/24`; a cluster has room for 256 nodes. */
const RANGES = 256;

export const podCidr = (range: number): string => `10.244.${range}.0/24`;

/**
 * The Pod CIDR for a node: that of its number if it is named `node7`, so that addresses tell a reader where a Pod is, and stay when nodes come in
 * another order. Others get the highest free one, out of the way of the numbered. Undefined when none is free.
 */
export function choosePodCidr(nodeName: string, taken: ReadonlySet<string>): string | undefined {
  const number = Number(/^node([1-9]\d{0,2})$/.exec(nodeName)?.[1] ?? Number.NaN);
  if (number < RANGES && !taken.has(podCidr(number))) return podCidr(number);
  for (let range = RANGES - 1; range >= 0; range--) {
    if (!taken.has(podCidr(range))) return podCidr(range);
  }
  return undefined;
}
