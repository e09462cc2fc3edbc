import type { Clock } from '#api/clock.ts';
import type { Dialer } from '../dialer.ts';
import { ratesOf, type NodeMeasure } from './rates.ts';
import { readSummary, type Summary } from './summary.ts';

/** Tells what nodes and their Pods use. It reads only when it is asked, so that it costs nothing while nobody looks. */
export interface MetricsCollector {
  /** By the node's name; those that cannot be reached are not there. Never rejects. */
  measure(nodeNames: readonly string[]): Promise<ReadonlyMap<string, NodeMeasure>>;
}

/** Readings younger than this are not taken again. */
const RESOLUTION_MILLISECONDS = 5_000;
/** A reading older than this says nothing of now: a rate over it would be an average of long ago. */
const MAX_AGE_MILLISECONDS = 60_000;
/** How long to wait between two readings when there is none to compare with. */
const FIRST_WINDOW_MILLISECONDS = 1_000;

interface Reading {
  readonly at: number;
  readonly summary: Summary;
}

interface Readings {
  older: Reading | undefined;
  newer: Reading | undefined;
  /** Shared by all who ask meanwhile. */
  pending: Promise<NodeMeasure | undefined> | undefined;
}

export function createMetricsCollector({
  dialer,
  clock,
}: {
  dialer: Pick<Dialer, 'dialKubelet'>;
  clock: Clock;
}): MetricsCollector {
  const nodes = new Map<string, Readings>();

  const read = async (name: string): Promise<Reading> => ({
    summary: await readSummary(dialer, name),
    at: clock.now(),
  });
  const age = (reading: Reading | undefined): number =>
    reading === undefined ? Infinity : clock.now() - reading.at;

  async function refresh(name: string, readings: Readings): Promise<NodeMeasure | undefined> {
    if (age(readings.newer) > MAX_AGE_MILLISECONDS) {
      readings.newer = await read(name);
      await new Promise<void>((resolve) => {
        clock.after(FIRST_WINDOW_MILLISECONDS, resolve);
      });
    }
    if (readings.older === undefined || age(readings.newer) >= FIRST_WINDOW_MILLISECONDS) {
      const newer = await read(name);
      readings.older = readings.newer;
      readings.newer = newer;
    }
    return measureOf(readings);
  }

  async function one(name: string): Promise<NodeMeasure | undefined> {
    const readings = nodes.get(name) ?? { older: undefined, newer: undefined, pending: undefined };
    nodes.set(name, readings);
    if (readings.older !== undefined && age(readings.newer) < RESOLUTION_MILLISECONDS)
      return measureOf(readings);
    readings.pending ??= refresh(name, readings).finally(() => (readings.pending = undefined));
    try {
      return await readings.pending;
    } catch {
      nodes.delete(name);
      return undefined;
    }
  }

  return {
    async measure(nodeNames) {
      const found = await Promise.all(nodeNames.map(async (name) => [name, await one(name)] as const));
      return new Map(found.filter((entry): entry is [string, NodeMeasure] => entry[1] !== undefined));
    },
  };
}

const measureOf = ({ older, newer }: Readings): NodeMeasure | undefined =>
  older === undefined || newer === undefined ? undefined : ratesOf(older.summary, newer.summary);
