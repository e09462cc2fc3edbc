import type { Kinds } from '#api/resources.ts';
import { invalid, required, tooLong, type FieldError } from '#api/status.ts';
import { configMapKeyProblems } from '#api/validation.ts';
import { MAX_DATA_BYTES, validateImmutable } from './config-map.ts';
import type { Strategy } from '../strategy.ts';

/** Keys that a Secret of a well-known type must have. */
const REQUIRED_KEYS: Record<string, readonly string[]> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
};

/** pkg/registry/core/secret/strategy.go */
export const secretStrategy: Strategy<Kinds['secrets']> = {
  selectableFields: { type: (secret) => secret.type ?? '' },

  setDefaults(secret) {
    secret.type ??= 'Opaque';
    const { stringData } = secret;
    if (stringData === undefined) return;
    const encoded = Object.entries(stringData).map(([key, value]) => [
      key,
      Buffer.from(value).toString('base64'),
    ]);
    secret.data = { ...secret.data, ...Object.fromEntries(encoded) };
    delete secret.stringData;
  },
  validate(secret) {
    const errors: FieldError[] = [];
    let size = 0;
    for (const [key, value] of Object.entries(secret.data ?? {})) {
      for (const problem of configMapKeyProblems(key)) errors.push(invalid(`data[${key}]`, key, problem));
      size += Buffer.byteLength(value, 'base64');
    }
    if (size > MAX_DATA_BYTES) errors.push(tooLong('data', MAX_DATA_BYTES));
    return [...errors, ...validateType(secret)];
  },
  validateUpdate(secret, old) {
    const errors = secret.type === old.type ? [] : [invalid('type', secret.type, 'field is immutable')];
    return [...errors, ...validateImmutable(secret, old, ['data'])];
  },
};

function validateType(secret: Kinds['secrets']): FieldError[] {
  const errors: FieldError[] = [];
  for (const key of REQUIRED_KEYS[secret.type ?? ''] ?? []) {
    const value = secret.data?.[key];
    if (value === undefined) errors.push(required(`data[${key}]`));
    else if (/dockerc/.test(key) && !isJson(value)) {
      errors.push(invalid(`data[${key}]`, '<secret contents redacted>', 'invalid character in JSON'));
    }
  }
  if (
    secret.type === 'kubernetes.io/service-account-token' &&
    !secret.metadata.annotations?.['kubernetes.io/service-account.name']
  ) {
    errors.push(required('metadata.annotations[kubernetes.io/service-account.name]'));
  }
  if (
    secret.type === 'kubernetes.io/basic-auth' &&
    secret.data?.['username'] === undefined &&
    secret.data?.['password'] === undefined
  ) {
    errors.push(required('data[username]'), required('data[password]'));
  }
  return errors;
}

function isJson(base64: string): boolean {
  try {
    JSON.parse(Buffer.from(base64, 'base64').toString());
    return true;
  } catch {
    return false;
  }
}
