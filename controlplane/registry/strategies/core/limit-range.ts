import type { LimitRangeItem } from '#api/gen/types.ts';
import { compareQuantities, quantityMilliValue } from '#api/quantity.ts';
import type { Kinds } from '#api/resources.ts';
import { duplicate, forbidden, invalid, required, type FieldError } from '#api/status.ts';
import { qualifiedNameProblems } from '#api/validation.ts';
import { eachItem, invalidFor } from '../../pod-spec/field-rules.ts';
import {
  containerResourceNameErrors,
  mayOvercommit,
  resourceNameErrors,
} from '../../pod-spec/validate-resources.ts';
import type { Strategy } from '../strategy.ts';

/** pkg/registry/core/limitrange/strategy.go */
export const limitRangeStrategy: Strategy<Kinds['limitranges']> = {
  setDefaults(range) {
    range.spec ??= { limits: [] };
    for (const item of range.spec.limits ?? []) if (item.type === 'Container') defaultItem(item);
  },
  validate: ({ spec }) => {
    const types = new Set<string>();
    return eachItem(spec?.limits, 'spec.limits', (item, path) => {
      const twice = types.has(item.type) ? [duplicate(`${path}.type`, item.type)] : [];
      types.add(item.type);
      return [...limitTypeErrors(item.type ?? '', `${path}.type`), ...twice, ...validateItem(item, path)];
    });
  },
};

/** The most there may be is the default limit; that is the default request, or else the least there may be. */
function defaultItem(item: LimitRangeItem): void {
  const limits = { ...item.max, ...item.default };
  const requests = { ...item.min, ...limits, ...item.defaultRequest };
  if (Object.keys(limits).length > 0) item.default = limits;
  if (Object.keys(requests).length > 0) item.defaultRequest = requests;
}

const LIMIT_TYPES = ['Pod', 'Container', 'PersistentVolumeClaim'];

function limitTypeErrors(type: string, path: string): FieldError[] {
  const problems = qualifiedNameProblems(type);
  if (problems.length > 0) return invalidFor(path, type, problems);
  return type.includes('/') || LIMIT_TYPES.includes(type)
    ? []
    : [invalid(path, type, 'must be a standard limit type or fully qualified')];
}

/** `ValidateLimitRange`. */
function validateItem(item: LimitRangeItem, path: string): FieldError[] {
  const isPod = item.type === 'Pod';
  const nameErrors = isPod || item.type === 'Container' ? containerResourceNameErrors : resourceNameErrors;
  const namesIn = (field: 'max' | 'min' | 'default' | 'defaultRequest' | 'maxLimitRequestRatio'): string[] =>
    Object.keys(item[field] ?? {}).toSorted();
  const checked = (field: Parameters<typeof namesIn>[0]): FieldError[] =>
    namesIn(field).flatMap((name) => nameErrors(name, `${path}.${field}[${name}]`));
  const mayNot = (field: 'default' | 'defaultRequest'): FieldError[] =>
    namesIn(field).length > 0
      ? [forbidden(`${path}.${field}`, "may not be specified when `type` is 'Pod'")]
      : [];
  const names = new Set([
    ...namesIn('max'),
    ...namesIn('min'),
    ...(isPod ? [] : [...namesIn('default'), ...namesIn('defaultRequest')]),
    ...namesIn('maxLimitRequestRatio'),
  ]);
  return [
    ...checked('max'),
    ...checked('min'),
    ...(['default', 'defaultRequest'] as const).flatMap((field) => (isPod ? mayNot(field) : checked(field))),
    ...storageErrors(item, path),
    ...checked('maxLimitRequestRatio'),
    ...[...names].flatMap((name) => [...boundErrors(item, name, path), ...ratioErrors(item, name, path)]),
  ];
}

function storageErrors({ type, min, max }: LimitRangeItem, path: string): FieldError[] {
  if (type !== 'PersistentVolumeClaim') return [];
  if (min?.['storage'] !== undefined || max?.['storage'] !== undefined) return [];
  const why = 'either minimum or maximum storage value is required, but neither was provided';
  return [required(`${path}.limits`, why)];
}

/** What the numbers of one resource have to do with each other. */
function boundErrors(item: LimitRangeItem, name: string, path: string): FieldError[] {
  const isPod = item.type === 'Pod';
  const [min, max] = [item.min?.[name], item.max?.[name]];
  const limit = isPod ? undefined : item.default?.[name];
  const request = isPod ? undefined : item.defaultRequest?.[name];
  const errors: FieldError[] = [];
  const compare = (
    less: string | undefined,
    more: string | undefined,
    field: string,
    shown: string | undefined,
    words: readonly [string, string],
  ): void => {
    if (less === undefined || more === undefined || compareQuantities(less, more) <= 0) return;
    const why = `${words[0]} value ${less} is greater than ${words[1]} value ${more}`;
    errors.push(invalid(`${path}.${field}[${name}]`, shown, why));
  };
  compare(min, max, 'min', min, ['min', 'max']);
  compare(min, request, 'defaultRequest', request, ['min', 'default request']);
  compare(request, max, 'defaultRequest', request, ['default request', 'max']);
  compare(request, limit, 'defaultRequest', request, ['default request', 'default limit']);
  compare(min, limit, 'default', min, ['min', 'default']);
  compare(limit, max, 'default', max, ['default', 'max']);
  if (
    limit !== undefined &&
    request !== undefined &&
    !mayOvercommit(name) &&
    compareQuantities(limit, request) !== 0
  ) {
    const why = `default value ${limit} must equal to defaultRequest value ${request} in ${name}`;
    errors.push(invalid(`${path}.defaultRequest[${name}]`, request, why));
  }
  return errors;
}

function ratioErrors(item: LimitRangeItem, name: string, path: string): FieldError[] {
  const ratio = item.maxLimitRequestRatio?.[name];
  if (ratio === undefined) return [];
  const at = `${path}.maxLimitRequestRatio[${name}]`;
  const errors =
    compareQuantities(ratio, '1') < 0 ? [invalid(at, ratio, `ratio ${ratio} is less than 1`)] : [];
  const [min, max] = [item.min?.[name], item.max?.[name]];
  if (min === undefined || max === undefined) return errors;
  const most = quantityMilliValue(max) / quantityMilliValue(min);
  if (quantityMilliValue(ratio) / 1000 > most) {
    errors.push(invalid(at, ratio, `ratio ${ratio} is greater than max/min = ${most.toFixed(6)}`));
  }
  return errors;
}
