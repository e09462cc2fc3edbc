import { expect, it } from 'vitest';
import { runActions, type Action } from './actions.ts';

function recorder() {
  const log: string[] = [];
  const action = (name: string, fails?: 'run' | 'undo'): Action => ({
    name,
    async run() {
      log.push(`run ${name}`);
      if (fails === 'run') throw new Error(`${name} fails`);
    },
    async undo() {
      log.push(`undo ${name}`);
      if (fails === 'undo') throw new Error(`${name} stays`);
    },
  });
  return { log, action };
}

it('runs actions in order and undoes nothing when all succeed', async () => {
  const { log, action } = recorder();
  await runActions([action('a'), action('b')], () => {});
  expect(log).toEqual(['run a', 'run b']);
});

it('undoes from the failing action back to the first, and throws what failed', async () => {
  const { log, action } = recorder();
  const actions = [action('a'), action('b', 'run'), action('c')];
  await expect(runActions(actions, () => {})).rejects.toThrow('b fails');
  expect(log).toEqual(['run a', 'run b', 'undo b', 'undo a']);
});

it('goes on undoing when one undo fails, and tells of it', async () => {
  const { log, action } = recorder();
  const told: string[] = [];
  const actions = [action('a'), action('b', 'undo'), action('c', 'run')];
  await expect(runActions(actions, (name) => told.push(name))).rejects.toThrow('c fails');
  expect(log.slice(3)).toEqual(['undo c', 'undo b', 'undo a']);
  expect(told).toEqual(['b']);
});
