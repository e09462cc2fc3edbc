import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { LABEL_ROLE } from '#api/names.ts';
import type { RuntimeEvent } from './runtime.ts';

const TYPES: Readonly<Record<string, 'started' | 'ended' | 'removed'>> = {
  start: 'started',
  die: 'ended',
  destroy: 'removed',
};
const FIRST_RETRY_MILLISECONDS = 100;
const LAST_RETRY_MILLISECONDS = 5000;

/** One line of the engine's event stream; undefined when it is not about a Pod's container or cannot be read. */
function parseEvent(line: string): RuntimeEvent | undefined {
  const event = parseJson(line) as
    | { Action?: string; Actor?: { ID?: string; Attributes?: unknown } }
    | undefined;
  const type = TYPES[event?.Action ?? ''];
  const id = event?.Actor?.ID;
  if (type === undefined || id === undefined) return undefined;
  const labels = (event?.Actor?.Attributes ?? {}) as Record<string, string>;
  const role = labels[LABEL_ROLE];
  return role === 'sandbox' || role === 'container' ? { type, id, labels } : undefined;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Follows the engine's events and connects again when they end; each new connection begins with `resync`. */
export function followEvents(
  docker: Docker,
  labels: readonly string[],
  on: (event: RuntimeEvent) => void,
): () => void {
  let stopped = false;
  let source: Readable | undefined;
  let retry = FIRST_RETRY_MILLISECONDS;
  let timer: NodeJS.Timeout | undefined;
  const again = (): void => {
    source = undefined;
    if (stopped) return;
    timer = setTimeout(connect, retry);
    retry = Math.min(retry * 2, LAST_RETRY_MILLISECONDS);
  };
  const read = (stream: Readable): void => {
    source = stream;
    retry = FIRST_RETRY_MILLISECONDS;
    source.once('close', again);
    if (stopped) source.destroy();
    on({ type: 'resync' });
    readLines(source, (line) => {
      const event = parseEvent(line);
      if (event !== undefined) on(event);
    });
  };
  const connect = (): void => {
    const filters = JSON.stringify({ type: ['container'], event: Object.keys(TYPES), label: labels });
    docker.getEvents({ filters }).then((stream) => read(stream as Readable), again);
  };
  connect();
  return () => {
    stopped = true;
    clearTimeout(timer);
    source?.destroy();
  };
}

function readLines(source: Readable, onLine: (line: string) => void): void {
  let rest = '';
  source.setEncoding('utf8');
  source.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') onLine(line);
  });
  source.on('error', () => source.destroy());
  source.on('end', () => source.destroy());
}
