import { setTimeout as sleep } from 'node:timers/promises';
import { get } from './cluster.ts';

export interface Load {
  readonly requests: number;
  /** Each failed request in words. */
  readonly failures: readonly string[];
  /** How many answers came from which image. */
  readonly images: ReadonlyMap<string, number>;
}

/**
 * Asks for `urls` in turn, each request over a connection of its own, by `clients` at once until stopped.
 * @param pauseMs between two requests of a client, so that the load leaves the machine to the cluster.
 */
export function constantRequests(urls: readonly string[], clients: number, pauseMs: number) {
  const load = { requests: 0, failures: [] as string[], images: new Map<string, number>() };
  const end = new AbortController();
  const client = async (first: number) => {
    for (let turn = first; !end.signal.aborted; turn++) {
      const url = urls[turn % urls.length] ?? '';
      load.requests++;
      try {
        const page = await get(url, 5000);
        if (page.status !== 200) throw new Error(`status ${page.status}`);
        load.images.set(page.image, (load.images.get(page.image) ?? 0) + 1);
      } catch (error) {
        const { message, cause } = error as Error;
        const reason = cause instanceof Error ? cause.message : message;
        load.failures.push(`${new Date().toISOString()} ${url}: ${reason}`);
      }
      await sleep(pauseMs);
    }
  };
  const all = Promise.all(Array.from({ length: clients }, (_, index) => client(index)));
  return {
    async stop(): Promise<Load> {
      end.abort();
      await all;
      return load;
    },
  };
}
