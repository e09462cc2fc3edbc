/** The real kubectl, as people use it. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

export interface Kubectl {
  /** Runs to the end; returns standard output. @throws Error with the command and all its output when the exit code is not 0. */
  (...args: string[]): Promise<string>;
  /** The same, with any exit code. */
  attempt(...args: string[]): Promise<Outcome>;
  /** With a text on standard input: for `apply -f -`. */
  withInput(input: string, ...args: string[]): Promise<string>;
  attemptWithInput(input: string, ...args: string[]): Promise<Outcome>;
  /** Starts and leaves it running: `-w`, `-f`, `port-forward`. */
  start(...args: string[]): Running;
}

interface Running {
  /** All standard output so far. */
  output(): string;
  /** Resolves when the output matches. @throws Error with the output when it has not within `timeoutMs`. */
  waitFor(pattern: RegExp, timeoutMs?: number): Promise<void>;
  /** Writes to its standard input; `null` closes it. */
  write(text: string | null): void;
  stop(): Promise<void>;
  readonly ended: Promise<number>;
}

/** kubectl of this minor version ('1.29'), by default the newest on the machine, in a namespace. */
export function kubectlFor(kubeconfigFile: string, namespace: string, version?: string): Kubectl {
  const program = version === undefined ? newestKubectl() : kubectlOf(version);
  const base = ['--kubeconfig', kubeconfigFile, '--namespace', namespace];
  const attempt = (input: string | undefined, args: string[]) => run(program, [...base, ...args], input);
  const insist = async (input: string | undefined, args: string[]) => {
    const outcome = await attempt(input, args);
    if (outcome.code !== 0) {
      const { code, stdout, stderr } = outcome;
      throw new Error(`kubectl -n ${namespace} ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
    }
    return outcome.stdout;
  };
  return Object.assign((...args: string[]) => insist(undefined, args), {
    attempt: (...args: string[]) => attempt(undefined, args),
    withInput: (input: string, ...args: string[]) => insist(input, args),
    attemptWithInput: (input: string, ...args: string[]) => attempt(input, args),
    start: (...args: string[]) => startProgram(program, [...base, ...args]),
  });
}

/** The versions of kubectl that the tests run with, as far as the machine has them; at least one. */
export function kubectlVersions(wanted: readonly string[] = ['1.29', '1.33']): string[] {
  const found = wanted.filter((version) => existsSync(versioned(version)));
  return found.length > 0 ? found : [clientVersion()];
}

function kubectlOf(version: string): string {
  const program = versioned(version);
  if (existsSync(program)) return program;
  if (clientVersion() === version) return 'kubectl';
  throw new Error(`this machine has no kubectl ${version}`);
}

/** `kubectl` may pick a binary by the server's version: the newest of those beside it is taken directly. */
function newestKubectl(): string {
  const names = readdirSync(directory()).filter((name) => /^kubectl\.1\.\d+$/.test(name));
  const newest = names.sort((a, b) => Number(a.split('.')[2]) - Number(b.split('.')[2])).at(-1);
  return newest === undefined ? 'kubectl' : join(directory(), newest);
}

const versioned = (version: string): string => join(directory(), `kubectl.${version}`);

function directory(): string {
  const { stdout } = spawnSync('sh', ['-c', 'command -v kubectl'], { encoding: 'utf8' });
  if (stdout.trim() === '') throw new Error('there is no kubectl on the PATH: npm test installs one');
  return dirname(realpathSync(stdout.trim()));
}

function clientVersion(): string {
  const { stdout } = spawnSync('kubectl', ['version', '--client', '--output=json'], { encoding: 'utf8' });
  const { clientVersion: version } = JSON.parse(stdout) as {
    clientVersion: { major: string; minor: string };
  };
  return `${version.major}.${version.minor.replace(/\D.*$/, '')}`;
}

function run(program: string, args: string[], input: string | undefined): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? -1, stdout, stderr }));
    child.stdin.on('error', () => {});
    child.stdin.end(input ?? '');
  });
}

function startProgram(program: string, args: string[]): Running {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  const checks = new Set<() => void>();
  const check = () => checks.forEach((one) => one());
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
    check();
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  child.stdin.on('error', () => {});
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? -1));
  });
  return {
    ended,
    output: () => stdout,
    write: (text) => (text === null ? child.stdin.end() : child.stdin.write(text)),
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
    waitFor(pattern, timeoutMs = 20_000) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          checks.delete(look);
          reject(new Error(`${args.join(' ')}: no ${pattern} in\n${stdout}${stderr}`));
        }, timeoutMs);
        const look = () => {
          if (!pattern.test(stdout)) return;
          clearTimeout(timer);
          checks.delete(look);
          resolve();
        };
        checks.add(look);
        look();
      });
    },
  };
}
