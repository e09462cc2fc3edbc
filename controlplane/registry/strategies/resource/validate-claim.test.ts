import { expect } from 'vitest';
import { acceptsCreates, refusesCreates, refusesUpdates } from '../test-refusals.ts';

const claim = (...requests: object[]) => ({ spec: { devices: { requests } } });
const EXACTLY = { deviceClassName: 'gpu' };

refusesCreates([
  [
    'resourceclaims',
    claim({}, { name: 'a', exactly: { count: -1 } }, { name: 'a', exactly: EXACTLY }),
    [
      'spec.devices.requests[0].name: Required value',
      'spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required',
      'spec.devices.requests[1].exactly.deviceClassName: Required value',
      'spec.devices.requests[1].exactly.count: Invalid value: -1: must be greater than zero',
      'spec.devices.requests[2]: Duplicate value: "a"',
    ],
  ],
]);

refusesUpdates([
  [
    'resourceclaims',
    claim({ name: 'a', exactly: EXACTLY }),
    claim({ name: 'b', exactly: EXACTLY }),
    [expect.stringMatching(/^spec: Invalid value: .*: field is immutable$/)],
  ],
]);

acceptsCreates([
  ['resourceclaims', claim({ name: 'a', firstAvailable: [{ name: 'b', ...EXACTLY }] })],
  ['resourceclaimtemplates', { spec: { spec: claim({ name: 'a', exactly: EXACTLY }).spec } }],
]);
