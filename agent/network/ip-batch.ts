import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { CommandError } from '#api/command.ts';

/**
 * A long-lived `ip -batch -`: a command takes a fraction of a millisecond, against milliseconds for a process of its own.
 *
 * `ip` says nothing when a command succeeds, so each request ends with a word that is no command; the complaint about it marks the end.
 * Requests are answered in order.
 */
export class IpBatch {
  #process: ChildProcessByStdio<Writable, Readable, null> | undefined;
  #waiting: Request[] = [];
  #output = '';
  #requests = 0;

  /**
   * Runs the lines, all of them also when one fails, and resolves with what the `show` commands among them printed, one element a command.
   * Rejects with `CommandError` when a line failed.
   */
  run(lines: readonly string[]): Promise<unknown[]> {
    return new Promise((resolve, reject) => {
      const marker = `podlab-end-${++this.#requests}`;
      const { stdin, stdout } = this.#start();
      this.#waiting.push({ lines, marker, resolve, reject });
      (stdout as Socket).ref();
      stdin.write(`${[...lines, marker].join('\n')}\n`);
    });
  }

  /** Ends the process; it starts again when needed. */
  stop(): void {
    this.#process?.stdin.end();
    this.#process = undefined;
  }

  #start(): ChildProcessByStdio<Writable, Readable, null> {
    if (this.#process !== undefined) return this.#process;
    // One pipe for both, so that a complaint stands where it belongs among the answers.
    const child = spawn('sh', ['-c', 'exec ip -json -force -batch - 2>&1'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => this.#read(chunk));
    child.stdin.on('error', () => {});
    child.on('error', (error) => this.#fail(child, error.message));
    child.on('close', (code, signal) => this.#fail(child, `ip ended (${signal ?? code}): ${this.#output}`));
    // An idle helper must not keep the agent's process alive.
    child.unref();
    (child.stdin as Socket).unref();
    this.#process = child;
    return child;
  }

  #read(chunk: string): void {
    this.#output += chunk;
    for (;;) {
      const request = this.#waiting[0];
      if (request === undefined) {
        (this.#process?.stdout as Socket | undefined)?.unref();
        return;
      }
      const answer = takeAnswer(this.#output, request.marker);
      if (answer === undefined) return;
      this.#output = this.#output.slice(answer.length);
      this.#waiting.shift();
      settle(request, answer.text);
    }
  }

  #fail(child: unknown, why: string): void {
    if (this.#process !== child && this.#process !== undefined) return;
    this.#process = undefined;
    this.#output = '';
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { lines, reject } of waiting)
      reject(new CommandError(`ip ${lines.join('; ')}`, why, undefined));
  }
}

interface Request {
  readonly lines: readonly string[];
  readonly marker: string;
  readonly resolve: (shown: unknown[]) => void;
  readonly reject: (error: Error) => void;
}

/** The output up to the complaint about the marker, and how much of the output it was with that. */
function takeAnswer(output: string, marker: string): { text: string; length: number } | undefined {
  const at = output.indexOf(`Object "${marker}" is unknown`);
  if (at < 0) return undefined;
  const end = /Command failed -:\d+\n/.exec(output.slice(at));
  return end === null ? undefined : { text: output.slice(0, at), length: at + end.index + end[0].length };
}

function settle({ lines, resolve, reject }: Request, text: string): void {
  const answered = text.split('\n').filter((line) => line !== '');
  const complaints = answered.filter((line) => !line.startsWith('['));
  if (complaints.length > 0)
    return reject(new CommandError(`ip ${lines.join('; ')}`, complaints.join('; '), 1));
  resolve(answered.map((line) => JSON.parse(line) as unknown));
}
