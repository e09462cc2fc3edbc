import { expect, it } from 'vitest';
import { whyInstall } from './modules.js';

const wanted = {
  '': { version: '0.1.0' },
  'node_modules/a': { version: '1.0.0' },
  'node_modules/b-darwin': { version: '2.0.0', optional: true },
};

it('is content with the same versions, and without packages for other platforms', () => {
  expect(whyInstall(wanted, { 'node_modules/a': { version: '1.0.0' } })).toBeUndefined();
});

it('installs where there is nothing, a package is missing, or its version differs', () => {
  expect(whyInstall(wanted, {})).toBe('there are none');
  expect(whyInstall(wanted, { 'node_modules/c': { version: '1.0.0' } })).toBe('node_modules/a is missing');
  expect(whyInstall(wanted, { 'node_modules/a': { version: '0.9.0' } })).toBe(
    'node_modules/a is 0.9.0, not 1.0.0',
  );
});
