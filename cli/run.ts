import { spawn } from 'node:child_process';
import { UserError } from './errors.ts';

export interface RunOptions {
  /** Hears each line of output while the command runs. */
  onLine?: (line: string) => void;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
}

/**
 * Runs a program to its end and returns its standard output.
 * @throws UserError with the command and the end of its output when it cannot start or ends with another code than 0.
 */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    const command = [program, ...args].join(' ');
    let stdout = '';
    let tail = '';
    const hear = (chunk: string) => {
      tail = (tail + chunk).slice(-4000);
      for (const line of chunk.split('\n')) if (line.trim() !== '') options.onLine?.(line.trim());
    };
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
      hear(chunk);
    });
    child.stderr.setEncoding('utf8').on('data', hear);
    child.on('error', (error) => reject(new UserError(`cannot run \`${command}\`: ${error.message}`)));
    child.on('close', (code, signal) => {
      if (code === 0) resolve(stdout);
      else reject(new UserError(`\`${command}\` ended with ${code ?? signal}:\n${tail.trimEnd()}`));
    });
  });
}
