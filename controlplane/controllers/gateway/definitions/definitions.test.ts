import { expect, test } from 'vitest';
import { definitions, REFERENCE_GRANTS } from './definitions.ts';

test('grants are served as v1 too, and stored as what every release of the Gateway API knows', () => {
  const grants = definitions().find(({ metadata }) => metadata.name === REFERENCE_GRANTS);
  expect(grants?.spec?.versions.map(({ name, served, storage }) => ({ name, served, storage }))).toEqual([
    { name: 'v1beta1', served: true, storage: true },
    { name: 'v1', served: true, storage: false },
  ]);
});
