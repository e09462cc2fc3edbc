import type { DeviceRequest, DeviceSubRequest, ResourceClaimSpec } from '#api/gen/types.ts';
import { deepEqual } from '#api/equal.ts';
import { duplicate, invalid, notSupported, required, tooMany, type FieldError } from '#api/status.ts';
import { dns1123LabelProblems, dns1123SubdomainProblems } from '#api/validation.ts';
import { eachItem, invalidFor } from '../../pod-spec/field-rules.ts';

const MAX_REQUESTS = 32;
const MAX_ALTERNATIVES = 8;
const MODES = ['All', 'ExactCount'];
const ONE_OF = 'exactly one of `exactly` or `firstAvailable` is required';

/** The requests of `validateDeviceClaim` (pkg/apis/resource/validation), after defaulting. */
export const validateRequests = (spec: ResourceClaimSpec | undefined, at: string): FieldError[] =>
  named(spec?.devices?.requests ?? [], MAX_REQUESTS, `${at}.devices.requests`, validateRequest);

/** Of the spec of a claim, or a template. */
export const immutableSpec = (now: unknown, before: unknown): FieldError[] =>
  deepEqual(now, before) ? [] : [invalid('spec', now, 'field is immutable')];

function named<T extends { name?: string }>(
  items: readonly T[],
  max: number,
  at: string,
  check: (item: T, at: string) => FieldError[],
): FieldError[] {
  if (items.length > max) return [tooMany(at, items.length, max)];
  const names = items.map(({ name = '' }) => name);
  return eachItem(items, at, (item, field, index) => {
    const { name = '' } = item;
    return [
      ...(name === ''
        ? [required(`${field}.name`)]
        : invalidFor(`${field}.name`, name, dns1123LabelProblems(name))),
      ...check(item, field),
      ...(names.indexOf(name) < index ? [duplicate(field, name)] : []),
    ];
  });
}

function validateRequest({ exactly, firstAvailable = [] }: Partial<DeviceRequest>, at: string): FieldError[] {
  if (exactly === undefined && firstAvailable.length === 0) return [required(at, ONE_OF)];
  if (exactly === undefined) {
    return named(firstAvailable, MAX_ALTERNATIVES, `${at}.firstAvailable`, validateDevices);
  }
  return firstAvailable.length > 0
    ? [invalid(at, null, `${ONE_OF}, but multiple fields are set`)]
    : validateDevices(exactly, `${at}.exactly`);
}

function validateDevices(request: Partial<DeviceSubRequest>, at: string): FieldError[] {
  const { deviceClassName = '', allocationMode = '', count = 0 } = request;
  const field = `${at}.deviceClassName`;
  const errors =
    deviceClassName === ''
      ? [required(field)]
      : invalidFor(field, deviceClassName, dns1123SubdomainProblems(deviceClassName));
  if (!MODES.includes(allocationMode)) {
    return [...errors, notSupported(`${at}.allocationMode`, allocationMode, MODES)];
  }
  if (allocationMode === 'ExactCount') {
    return count > 0 ? errors : [...errors, invalid(`${at}.count`, count, 'must be greater than zero')];
  }
  const problem = "must not be specified when allocationMode is 'All'";
  return count === 0 ? errors : [...errors, invalid(`${at}.count`, count, problem)];
}
