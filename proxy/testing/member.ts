import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { runCommand } from '#api/command.ts';
import type { Question } from './traffic.ts';
import type { Answer, Calls } from './worker.ts';

/** One network namespace with a process in it. */
export class Member {
  readonly name: string;
  #process: ChildProcess | undefined;
  #calls = 0;
  readonly #waiting = new Map<
    number,
    { resolve: (value: unknown) => void; reject: (error: Error) => void }
  >();

  constructor(name: string) {
    this.name = name;
  }

  shell(script: string): Promise<string> {
    return runCommand('ip', ['netns', 'exec', this.name, 'sh', '-e'], script);
  }

  async start(): Promise<void> {
    const child = fork(join(import.meta.dirname, 'worker.ts'), [], {
      execPath: 'ip',
      execArgv: ['netns', 'exec', this.name, process.execPath],
    });
    this.#process = child;
    child.on('message', (message) => this.#hear(message as { id?: number }));
    child.on('exit', () => this.#ended());
    await new Promise((resolve, reject) => {
      child.once('message', resolve);
      child.once('exit', (code) => reject(new Error(`the worker in ${this.name} ended with ${code}`)));
    });
  }

  async stop(): Promise<void> {
    const child = this.#process;
    if (child?.exitCode === null) {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill();
      await gone;
    }
    await runCommand('ip', ['netns', 'del', this.name]).catch(() => {});
  }

  async ask(question: Question): Promise<Answer> {
    return (await this.askOften(question, 1))[0]!;
  }

  askOften(question: Question, times: number): Promise<Answer[]> {
    return this.call('ask', question, times);
  }

  /** Rejects with what went wrong there, and when the process is gone. */
  call<Name extends keyof Calls>(name: Name, ...args: Parameters<Calls[Name]>): ReturnType<Calls[Name]> {
    const id = ++this.#calls;
    const answer = new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#process?.send({ id, name, args });
    });
    return answer as ReturnType<Calls[Name]>;
  }

  #hear({ id, value, error }: { id?: number; value?: unknown; error?: string }): void {
    const waiting = this.#waiting.get(id ?? 0);
    this.#waiting.delete(id ?? 0);
    if (error === undefined) waiting?.resolve(value);
    else waiting?.reject(new Error(error));
  }

  #ended(): void {
    for (const { reject } of this.#waiting.values()) reject(new Error(`the worker in ${this.name} ended`));
    this.#waiting.clear();
  }
}
