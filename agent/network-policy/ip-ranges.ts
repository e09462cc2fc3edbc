import { addressRange } from '#api/cidr.ts';
import { numberToIp, type IpFamily } from '#api/ip.ts';

/** A CIDR without the bits behind its prefix. */
export interface Block {
  readonly family: IpFamily;
  readonly text: string;
  readonly first: bigint;
  readonly last: bigint;
}

/** Undefined when the text is no CIDR. */
export function blockOf(text: string): Block | undefined {
  const range = addressRange(text);
  if (range === undefined) return undefined;
  const { family, first, last, prefix } = range;
  return { family, text: `${numberToIp(first, family)}/${prefix}`, first, last };
}

/** Those of one family that lie in no other: nft takes no overlapping intervals. */
export function withoutContained(blocks: readonly Block[]): Block[] {
  const wide = [...blocks].sort((a, b) => {
    if (a.first !== b.first) return a.first < b.first ? -1 : 1;
    return a.last > b.last ? -1 : 1;
  });
  const kept: Block[] = [];
  for (const block of wide) {
    const before = kept.at(-1);
    if (before === undefined || block.first > before.last) kept.push(block);
  }
  return kept;
}

/** Port ranges that neither overlap nor touch, in order. */
export function mergeRanges(ranges: readonly (readonly [number, number])[]): [number, number][] {
  const merged: [number, number][] = [];
  for (const [first, last] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const before = merged.at(-1);
    if (before !== undefined && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else merged.push([first, last]);
  }
  return merged;
}
