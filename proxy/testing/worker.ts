/** Runs in one network namespace of a test's lab and does there what the test asks for over IPC. */
import { exchange, serve, type Question } from './traffic.ts';
import { LabNode } from './lab-node.ts';
import type { ProxyMode } from '../proxier.ts';
import type { ServicePort } from '../service-port.ts';

/** Who answered, and whose address it saw; or why there was none. */
export interface Answer {
  readonly name?: string;
  readonly seen?: string;
  readonly error?: string;
  readonly milliseconds: number;
}

/** What became of all that was asked under load. */
interface LoadResult {
  readonly answered: number;
  readonly errors: readonly string[];
}

const node = new LabNode();
let load: { running: boolean; readonly done: Promise<LoadResult> } | undefined;

const calls = {
  serve,

  async ask(question: Question, times: number): Promise<Answer[]> {
    const answers: Answer[] = [];
    for (let n = 0; n < times; n++) answers.push(await askOnce(question));
    return answers;
  },

  /** Asks without pause, `width` at a time, until `stopLoad`. */
  async startLoad(question: Question, width: number): Promise<void> {
    const state = { running: true };
    load = Object.assign(state, { done: askUntil(() => !state.running, question, width) });
  },

  async stopLoad(): Promise<LoadResult> {
    if (load === undefined) throw new Error('there is no load');
    load.running = false;
    return load.done;
  },

  startProxier: (mode: ProxyMode) => node.start(mode),
  sync: (ports: readonly [string, ServicePort][]) => node.sync(ports),
  setMode: (mode: ProxyMode) => node.setMode(mode),
  restartProxier: () => node.restart(),
  stopProxier: () => node.stop(),
};

export type Calls = typeof calls;

async function askUntil(ended: () => boolean, question: Question, width: number): Promise<LoadResult> {
  let answered = 0;
  const errors: string[] = [];
  const client = async (): Promise<void> => {
    while (!ended()) {
      const { error } = await askOnce(question);
      if (error === undefined) answered++;
      else errors.push(error);
    }
  };
  await Promise.all(Array.from({ length: width }, client));
  return { answered, errors };
}

async function askOnce(question: Question): Promise<Answer> {
  const started = performance.now();
  try {
    const [name, seen] = (await exchange(question)).split(' ');
    return { name: name!, seen: seen!, milliseconds: performance.now() - started };
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    return { error: why, milliseconds: performance.now() - started };
  }
}

interface Call {
  readonly id: number;
  readonly name: keyof Calls;
  readonly args: readonly unknown[];
}

process.on('message', ({ id, name, args }: Call) => {
  const work = calls[name] as (...given: readonly unknown[]) => Promise<unknown>;
  work(...args).then(
    (value) => process.send?.({ id, value }),
    (error: unknown) => process.send?.({ id, error: String((error as Error).stack) }),
  );
});
process.on('disconnect', () => process.exit());
process.send?.({ ready: true });
