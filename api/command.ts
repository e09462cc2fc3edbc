import { spawn } from 'node:child_process';

/** A program that failed: what was run, what it printed, and what a person can do about it. */
export class CommandError extends Error {
  readonly command: string;
  readonly output: string;
  /** undefined: it could not be started, or was ended by a signal. */
  readonly exitCode: number | undefined;

  constructor(command: string, output: string, exitCode: number | undefined, options?: ErrorOptions) {
    const advice = adviceFor(output);
    const how = exitCode === undefined ? 'did not run to its end' : `exit code ${exitCode}`;
    super(
      `${command}: ${how}: ${output.trim() || 'no output'}${advice === '' ? '' : ` (${advice})`}`,
      options,
    );
    this.name = 'CommandError';
    this.command = command;
    this.output = output;
    this.exitCode = exitCode;
  }
}

const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /Operation not permitted|Permission denied/,
    'a node container needs cap_add NET_ADMIN, SYS_ADMIN and SYS_PTRACE, pid: host and security_opt apparmor=unconfined',
  ],
  [/ENOENT/, 'the program is missing: the node image must hold iproute2, nftables, conntrack and util-linux'],
  [
    /Nexthop has invalid gateway/,
    'the other node is not on the network of eth0, though it names the same Docker network',
  ],
  [
    /Cannot open network namespace|\/ns\/net: No such file|No such process/,
    'the process that held the namespace has ended',
  ],
];

const adviceFor = (output: string): string => ADVICE.find(([pattern]) => pattern.test(output))?.[1] ?? '';

/** Keeps an error readable when a whole rule set was fed to a program that refused each line. */
const OUTPUT_LIMIT = 4096;
const INPUT_SHOWN = 400;

/** Milliseconds: far more than any of them takes, so that one that hangs does not hold up what waits for it for ever. */
const TIME_LIMIT = 60_000;

/**
 * Runs a program to its end and resolves with what it printed on stdout. `input` is its stdin. Rejects with `CommandError` when it
 * cannot be started, its exit code is not 0, or it has not ended after `limit` milliseconds: then it is killed.
 */
export function runCommand(
  program: string,
  args: readonly string[],
  input = '',
  limit = TIME_LIMIT,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: limit,
      killSignal: 'SIGKILL',
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    const shown = `${[program, ...args].join(' ')}${input === '' ? '' : ` <<< ${shorten(input, INPUT_SHOWN)}`}`;
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    // A program that ends before it has read its input: its exit code tells more than EPIPE.
    child.stdin.on('error', () => {});
    child.on('error', (error) => reject(new CommandError(shown, error.message, undefined, { cause: error })));
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(Buffer.concat(stdout).toString());
      const output = Buffer.concat([...stderr, ...stdout]).toString();
      reject(
        new CommandError(
          shown,
          shorten(signal === null ? output : `${signal} ${output}`, OUTPUT_LIMIT),
          code ?? undefined,
        ),
      );
    });
    child.stdin.end(input);
  });
}

const shorten = (text: string, limit: number): string => {
  const line = text.trim();
  return line.length <= limit ? line : `${line.slice(0, limit)}…`;
};
