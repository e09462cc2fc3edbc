import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { TABLE } from './names.ts';

/** What one of nft monitor's lines has to say about our tables. */
type Heard = { readonly by: 'us' } | { readonly by: 'others'; readonly why: string };

const OURS = new RegExp(`^\\w+ \\w+ ip6? ${TABLE}( |$)`);
const GENERATION = /^# new generation \d+ by process (.*)/;
const LOST = /^# ERROR/;

/**
 * Reads `nft monitor`. Each transaction is a group of lines, and a last one that names its process. Ours hold `sign`, a table that they add and
 * delete at once: a process id may look different from here.
 */
export class MonitorReader {
  readonly #sign: RegExp;
  #ours = false;
  #touched = false;

  constructor(sign: string) {
    this.#sign = new RegExp(`^add table ip ${sign}( |$)`);
  }

  line(text: string): Heard | undefined {
    if (LOST.test(text)) return { by: 'others', why: 'changes were missed' };
    this.#ours ||= this.#sign.test(text);
    this.#touched ||= OURS.test(text);
    const generation = GENERATION.exec(text);
    if (generation === null) return undefined;
    const [ours, touched] = [this.#ours, this.#touched];
    this.#ours = this.#touched = false;
    if (ours) return { by: 'us' };
    return touched ? { by: 'others', why: `process ${generation[1]} changed the rules` } : undefined;
  }
}

/** Commands that leave nothing but their trace in the monitor. */
export const signedBy = (sign: string): string[] => [`add table ip ${sign}`, `delete table ip ${sign}`];

export interface MonitorOptions {
  readonly sign: string;
  /** Our tables are not what we made of them, or may not be. */
  changed(why: string): void;
  /** There is no monitor any more; it can be started again. */
  ended(why: string): void;
}

/** A running `nft monitor`. It hears what happens from some moment after `start` on; `hearing` tells since when. */
export class Monitor {
  readonly #options: MonitorOptions;
  readonly #reader: MonitorReader;
  #process: ChildProcess | undefined;
  #hearsUs: (() => void) | undefined;

  constructor(options: MonitorOptions) {
    this.#options = options;
    this.#reader = new MonitorReader(options.sign);
  }

  /** Resolves when it has heard a transaction of ours, which `poke` makes; false: not within a second, or it has ended. */
  async start(poke: () => Promise<void>): Promise<boolean> {
    const child = spawn('nft', ['monitor'], { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#process = child;
    child.on('error', (error) => this.#end(child, error.message));
    child.on('close', (code) => this.#end(child, `it ended with ${code}`));
    createInterface({ input: child.stdout }).on('line', (line) => this.#hear(line));
    const heard = new Promise<true>((resolve) => (this.#hearsUs = () => resolve(true)));
    for (let wait = 5; wait < 1000; wait *= 2) {
      await poke();
      const late = new Promise<false>((resolve) => setTimeout(resolve, wait, false));
      if (await Promise.race([heard, late])) return true;
      if (this.#process !== child) return false;
    }
    return false;
  }

  stop(): void {
    const child = this.#process;
    this.#process = undefined;
    child?.kill();
  }

  #hear(line: string): void {
    const heard = this.#reader.line(line);
    if (heard === undefined || this.#process === undefined) return;
    if (heard.by === 'us') this.#hearsUs?.();
    else this.#options.changed(heard.why);
  }

  #end(child: ChildProcess, why: string): void {
    if (this.#process !== child) return;
    this.#process = undefined;
    this.#options.ended(why);
  }
}
