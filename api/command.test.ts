import { expect, test } from 'vitest';
import { CommandError, runCommand } from './command.ts';

test('resolves with what a program printed', async () => {
  expect(await runCommand('cat', [], 'hello')).toBe('hello');
});

test('says what was run, how it ended and what it printed', async () => {
  const failed = runCommand('sh', ['-c', 'echo no; exit 3']);
  await expect(failed).rejects.toThrow('sh -c echo no; exit 3: exit code 3: no');
});

test('names a program that is missing', async () => {
  await expect(runCommand('no-such-program', [])).rejects.toThrow(/no-such-program.*ENOENT.*is missing/);
});

test('ends a program that hangs', async () => {
  const error: unknown = await runCommand('sleep', ['60'], '', 50).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(CommandError);
  expect((error as CommandError).message).toContain('did not run to its end: SIGKILL');
});
