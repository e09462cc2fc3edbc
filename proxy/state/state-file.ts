import { readFileSync } from 'node:fs';
import { open, rename, type FileHandle } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Clock } from '#api/clock.ts';
import { ClusterState, type StateRecord, type StateResource } from './cluster-state.ts';
import { toNodeInfo, toServiceInfo, type SliceInfo } from './objects.ts';

export interface StateFileOptions {
  readonly path: string;
  readonly state: ClusterState;
  /** What the file must have been written for: another cluster's state is of no use. */
  readonly cluster: string;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface StateFile {
  /** Whether there was a state of this cluster to begin with. */
  readonly restored: boolean;
  /** Writes what is not written yet. */
  stop(): Promise<void>;
}

/** Of the lines' form; a file of another version is ignored. */
const VERSION = 1;
/** Milliseconds that changes are collected for. */
const PAUSE = 50;
/** Objects made into text before others have their turn: some tenths of a millisecond. */
const OBJECTS_A_TURN = 100;
/** The file is written anew when it has so many lines more than twice what the state holds. */
const SPARE_LINES = 1_000;

/**
 * Fills `state` from a file, and from then on keeps the file in step: the node goes on with it when its process starts anew and the control plane
 * is away. The file is a journal, one object a line, the last line of an object counts: so a change costs the writing of one object, and a
 * process that is killed loses some milliseconds. A file that is broken, or of another cluster, is ignored.
 */
export function keepState(options: StateFileOptions): StateFile {
  const { lines, restored } = load(options);
  const journal = new Journal(options, lines);
  options.state.onRecord((resource, key) => journal.changed(resource, key));
  return { restored, stop: () => journal.stop() };
}

const headerOf = (cluster: string): string => JSON.stringify({ version: VERSION, cluster });

function load({ path, state, cluster, log }: StateFileOptions): { lines: number; restored: boolean } {
  try {
    const [header, ...lines] = readFileSync(path, 'utf8').split('\n').slice(0, -1);
    if (header !== headerOf(cluster)) throw new Error('it is of another version or cluster');
    // All is read before any of it is used.
    const records = lines.map(parseRecord);
    for (const record of records) state.restore(record);
    log.info({ services: state.services.size }, 'goes on with the cluster as it was last heard of');
    return { lines: lines.length, restored: true };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      log.warn({ path, error: (error as Error).message }, 'the saved state of the cluster is not used');
    return { lines: 0, restored: false };
  }
}

const SLICE: SliceInfo = {
  namespace: '',
  name: '',
  service: '',
  family: 'IPv4',
  ports: [],
  endpoints: [],
};
/** What an object of each kind has; it is compared by the types of its fields. */
const SHAPES: Readonly<Record<StateResource, object>> = {
  services: toServiceInfo({}),
  endpointslices: SLICE,
  nodes: toNodeInfo({}),
};

/** Throws when the line is no record. */
function parseRecord(line: string): StateRecord {
  const record = JSON.parse(line) as StateRecord;
  const shape = SHAPES[record.resource] as object | undefined;
  if (shape === undefined || typeof record.key !== 'string' || !fits(record.value, shape))
    throw new Error('it holds something else');
  return record;
}

const fits = (value: unknown, shape: object): boolean =>
  value === undefined ||
  Object.entries(shape).every(([key, example]) => {
    const field = (value as Record<string, unknown> | null)?.[key];
    return typeof field === typeof example && Array.isArray(field) === Array.isArray(example);
  });

/** Writes changed objects to the end of the file, and now and then the file anew. */
class Journal {
  readonly #options: StateFileOptions;
  /** By `resource/key`: the text is made when it is written, from the newest state. */
  readonly #changed = new Map<string, readonly [StateResource, string]>();
  /** Undefined: the file is to be written anew. */
  #file: FileHandle | undefined;
  #lines: number;
  #cancelTimer: (() => void) | undefined;
  #writing: Promise<void> | undefined;
  #stopped = false;

  constructor(options: StateFileOptions, lines: number) {
    this.#options = options;
    this.#lines = lines;
  }

  changed(resource: StateResource, key: string): void {
    this.#changed.set(`${resource}/${key}`, [resource, key]);
    if (!this.#stopped && this.#writing === undefined) this.#schedule();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer?.();
    await this.#writing;
    if (this.#changed.size > 0) await this.#write();
    await this.#file?.close();
  }

  #schedule(): void {
    this.#cancelTimer ??= this.#options.clock.after(PAUSE, () => {
      this.#cancelTimer = undefined;
      this.#writing = this.#write().finally(() => {
        this.#writing = undefined;
        if (this.#changed.size > 0 && !this.#stopped) this.#schedule();
      });
    });
  }

  async #write(): Promise<void> {
    try {
      const most = 2 * this.#options.state.size + SPARE_LINES;
      if (this.#file === undefined || this.#lines > most) await this.#writeWhole();
      else await this.#append(this.#file);
    } catch (error) {
      const { path, log } = this.#options;
      log.warn({ path, error: (error as Error).message }, 'cannot save the state of the cluster');
      await this.#file?.close().catch(() => undefined);
      this.#file = undefined;
      this.#changed.clear();
    }
  }

  async #append(file: FileHandle): Promise<void> {
    const changed = [...this.#changed.values()];
    this.#changed.clear();
    const { state } = this.#options;
    await this.#writeLines(
      file,
      changed.map(
        ([resource, key]) =>
          () =>
            state.record(resource, key),
      ),
    );
  }

  /** Beside the old file, which counts until the new one is complete. What changes meanwhile is written again after it. */
  async #writeWhole(): Promise<void> {
    const { path, state, cluster } = this.#options;
    this.#changed.clear();
    const file = await open(`${path}.new`, 'w', 0o600);
    try {
      await file.appendFile(`${headerOf(cluster)}\n`);
      this.#lines = 0;
      const records = [...state.records()].map(
        ({ resource, key }) =>
          () =>
            state.record(resource, key),
      );
      await this.#writeLines(file, records);
      await rename(`${path}.new`, path);
    } catch (error) {
      await file.close();
      throw error;
    }
    await this.#file?.close();
    this.#file = file;
  }

  async #writeLines(file: FileHandle, records: readonly (() => StateRecord)[]): Promise<void> {
    for (let first = 0; first < records.length; first += OBJECTS_A_TURN) {
      const some = records.slice(first, first + OBJECTS_A_TURN);
      // Unlike `write`, it goes on until all is written.
      await file.appendFile(some.map((record) => `${JSON.stringify(record())}\n`).join(''));
      this.#lines += some.length;
      await nextTurn();
    }
  }
}
