import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Running } from '../context.ts';
import { testContext, type TestContext } from '../test-context.ts';
import { startCustomResourceDefinitionController } from './custom-resource-definition-controller.ts';

let context: TestContext;
let controller: Running;
beforeEach(() => {
  context = testContext();
  controller = startCustomResourceDefinitionController(context);
});
afterEach(() => controller.stop());

const make = async (plural: string, kind: string, shortNames: string[] = []): Promise<void> => {
  await context.client.create('customresourcedefinitions', {
    metadata: { name: `${plural}.example.com` },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural, kind, singular: kind.toLowerCase(), shortNames },
      versions: [{ name: 'v1', served: true, storage: true }],
    },
  });
  await context.client.settled();
};
const conditions = (name: string): string[] =>
  (context.client.get('customresourcedefinitions', '', `${name}.example.com`)?.status?.conditions ?? []).map(
    ({ type, status, reason, message }) => `${type}=${status} ${reason} ${message}`,
  );

it('establishes a definition whose names are free', async () => {
  await make('widgets', 'Widget');
  expect(conditions('widgets')).toEqual([
    'NamesAccepted=True NoConflicts no conflicts found',
    'Established=True InitialNamesAccepted the initial names have been accepted',
  ]);
});

it('does not establish one whose names are taken, until they are free', async () => {
  await make('widgets', 'Widget', ['w']);
  await make('wagons', 'Wagon', ['w']);
  expect(conditions('wagons')).toEqual([
    'NamesAccepted=False ShortNamesConflict "w" is already in use',
    'Established=False NotAccepted not all names are accepted',
  ]);
  await context.client.delete('customresourcedefinitions', '', 'widgets.example.com');
  await context.client.settled();
  expect(conditions('wagons')[1]).toContain('Established=True');
});
