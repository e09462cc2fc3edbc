/** Watches over the REST API. */
import { request, type Agent } from 'node:https';

export interface WatchEvent<T = unknown> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: T;
}

export interface Watch {
  /** Resolves when the server ended the watch or `stop` was called; rejects when it broke. */
  readonly ended: Promise<void>;
  stop(): void;
}

/**
 * Opens a watch at `path` (with its query, without `watch=true`) and resolves once the server has accepted it.
 * @param onEvent hears each event as soon as its line is complete.
 */
export function openWatch(agent: Agent, url: URL, onEvent: (event: WatchEvent) => void): Promise<Watch> {
  url.searchParams.set('watch', 'true');
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, headers: { accept: 'application/json' } }, (response) => {
      if (response.statusCode !== 200) {
        sent.destroy();
        reject(new Error(`watch of ${url.pathname} answers ${response.statusCode}`));
        return;
      }
      let rest = '';
      let stopped = false;
      response.setEncoding('utf8').on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (line !== '') onEvent(JSON.parse(line) as WatchEvent);
      });
      const ended = new Promise<void>((end, broken) => {
        response.on('end', end);
        response.on('error', (error) => (stopped ? end() : broken(error)));
      });
      // Who does not wait for the end need not handle its failure.
      ended.catch(() => {});
      const stop = () => {
        stopped = true;
        sent.destroy();
      };
      resolve({ ended, stop });
    });
    sent.on('error', reject);
    sent.end();
  });
}
