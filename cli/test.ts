/**
 * `npm test`: prepares the images, runs unit and integration tests, and ends with `N passed, N failed`.
 *
 *   npm test -- [--checks] [--project unit|integration] [vitest's own arguments]
 *
 * `--checks` runs the linter, the type checker and the formatter as well; they count as one test.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Docker from 'dockerode';
import { messageOf } from './errors.ts';
import { explain } from './cluster/engine-faults.ts';
import { ensureImages } from './images/podlab.ts';
import { terminalProgress } from './progress.ts';

interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

const ROOT = join(import.meta.dirname, '..');
const RESULTS = join(ROOT, 'dist', 'test-results.json');

const args = process.argv.slice(2);
const vitestArgs = args.filter((arg) => arg !== '--checks');

const counts: Count[] = [];
if (args.includes('--checks')) counts.push(runChecks());
counts.push(await runTests(vitestArgs));
const sum = (key: keyof Count) => counts.reduce((total, count) => total + count[key], 0);
const skipped = sum('skipped') === 0 ? '' : `, ${sum('skipped')} skipped`;
console.log(`${sum('passed')} passed, ${sum('failed')} failed${skipped}`);
process.exitCode = sum('failed') > 0 || sum('passed') === 0 ? 1 : 0;

function runChecks(): Count {
  const ok = runProgram('npm', ['run', '--silent', 'check']);
  return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 };
}

async function runTests(more: readonly string[]): Promise<Count> {
  if (!unitOnly(more)) {
    try {
      await ensureImages(new Docker(), terminalProgress(process.stdout));
    } catch (error) {
      console.error(`podlab: ${messageOf(explain(error))}`);
      return { passed: 0, failed: 1, skipped: 0 };
    }
  }
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  rmSync(RESULTS, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${RESULTS}`];
  const ok = runProgram(process.execPath, [
    join(ROOT, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    ...reporters,
    ...more,
  ]);
  return countResults(ok);
}

function unitOnly(more: readonly string[]): boolean {
  return more.join(' ').includes('--project unit');
}

/**
 * Skipped are the tests with real packets where they cannot run, which say so: they need Linux and root. In a run that failed, a test that did
 * not run is one that could not, and counts as failed, as does a failure outside of tests.
 */
function countResults(ok: boolean): Count {
  let results = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0 };
  try {
    results = JSON.parse(readFileSync(RESULTS, 'utf8')) as typeof results;
  } catch (error) {
    console.error(`no test results: ${messageOf(error)}`);
  }
  const { numPassedTests: passed, numFailedTests, numPendingTests } = results;
  if (ok) return { passed, failed: numFailedTests, skipped: numPendingTests };
  return { passed, failed: Math.max(1, numFailedTests + numPendingTests), skipped: 0 };
}

function runProgram(program: string, programArgs: readonly string[]): boolean {
  return spawnSync(program, programArgs, { cwd: ROOT, stdio: 'inherit' }).status === 0;
}
