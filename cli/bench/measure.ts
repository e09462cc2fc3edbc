/** Time and counts. */

export interface Result {
  readonly what: string;
  readonly value: number;
  readonly unit: 's' | 'ms' | 'MB' | '/s' | '%' | '×';
  /** What to hold the value against: measured on this machine in this run. */
  readonly beside?: { readonly what: string; readonly value: number };
}

/** Milliseconds that `work` took. */
export async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  if (upper === undefined) throw new RangeError('the median of nothing');
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

/** The median of several runs of `measure`, one after the other. */
export async function medianOf(runs: number, measure: (run: number) => Promise<number>): Promise<number> {
  const values = [];
  for (let run = 0; run < runs; run++) values.push(await measure(run));
  return median(values);
}

/** How many times a second `workers` of `work` at once get done; `work` gets a number that no other call gets. */
export async function rate(
  seconds: number,
  workers: number,
  work: (n: number) => Promise<unknown>,
): Promise<number> {
  const start = performance.now();
  const end = start + seconds * 1000;
  let next = 0;
  let done = 0;
  const worker = async () => {
    while (performance.now() < end) {
      await work(next++);
      done++;
    }
  };
  await Promise.all(Array.from({ length: workers }, worker));
  return done / ((performance.now() - start) / 1000);
}

/** A table for people; figures that have one beside them with their ratio. */
export function table(results: readonly Result[]): string {
  const rows = results.map(({ what, value, unit, beside }) => [
    what,
    `${digits(value)} ${unit}`,
    beside === undefined ? '' : `${beside.what} ${digits(beside.value)} ${unit}`,
    beside === undefined ? '' : `× ${(value / beside.value).toFixed(2)}`,
  ]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: string[]) =>
    row.map((cell, i) => (i === 1 || i === 3 ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)));
  return rows.map((row) => line(row).join('  ').trimEnd()).join('\n');
}

const digits = (value: number): string =>
  value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2);
