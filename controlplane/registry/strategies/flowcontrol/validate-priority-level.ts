import type {
  ExemptPriorityLevelConfiguration,
  LimitedPriorityLevelConfiguration,
  LimitResponse,
  PriorityLevelConfigurationSpec,
  QueuingConfiguration,
} from '#api/gen/types.ts';
import { deepEqual } from '#api/equal.ts';
import { forbidden, invalid, notSupported, required, type FieldError } from '#api/status.ts';
import { inclusiveRange } from '#api/validation.ts';
import { MANDATORY_LEVELS, mandatorySpec } from './mandatory-objects.ts';

const TYPES = ['Exempt', 'Limited'];
const RESPONSES = ['Queue', 'Reject'];
const MAX_QUEUES = 10_000_000;
/** apiserver `shufflesharding.MaxHashBits` */
const MAX_HASH_BITS = 60;

/** `ValidatePriorityLevelConfiguration` (pkg/apis/flowcontrol/validation), after defaulting. */
export function validatePriorityLevel(
  name: string,
  spec: Partial<PriorityLevelConfigurationSpec>,
): FieldError[] {
  const { type = '' } = spec;
  const exclusive = "type must be 'Exempt' if and only if name is 'exempt'";
  return [
    ...((name === 'exempt') === (type === 'Exempt') ? [] : [invalid('spec.type', type, exclusive)]),
    ...(TYPES.includes(type)
      ? typeErrors(type, spec.exempt, spec.limited)
      : [notSupported('spec.type', type, TYPES)]),
    ...mandatoryErrors(name, spec),
  ];
}

function typeErrors(
  type: string,
  exempt: ExemptPriorityLevelConfiguration | undefined,
  limited: LimitedPriorityLevelConfiguration | undefined,
): FieldError[] {
  if (type === 'Exempt') {
    return [
      ...(limited === undefined ? [] : [forbidden('spec.limited', 'must be nil if the type is not Limited')]),
      ...(exempt === undefined ? [] : shareErrors(exempt, 'spec.exempt')),
    ];
  }
  return [
    ...(exempt === undefined ? [] : [forbidden('spec.exempt', 'must be nil if the type is Limited')]),
    ...(limited === undefined
      ? [required('spec.limited', 'must not be empty when type is Limited')]
      : limitedErrors(limited, 'spec.limited')),
  ];
}

function limitedErrors(limited: LimitedPriorityLevelConfiguration, at: string): FieldError[] {
  const { limitResponse, borrowingLimitPercent: limit = 0 } = limited;
  const [shares, lendable] = [sharesErrors(limited, at), lendableErrors(limited, at)];
  const problem = 'if specified, must be a non-negative integer';
  return [
    ...shares,
    ...responseErrors(limitResponse ?? {}, `${at}.limitResponse`),
    ...lendable,
    ...(limit < 0 ? [invalid(`${at}.borrowingLimitPercent`, limit, problem)] : []),
  ];
}

const shareErrors = (exempt: ExemptPriorityLevelConfiguration, at: string): FieldError[] => [
  ...sharesErrors(exempt, at),
  ...lendableErrors(exempt, at),
];

const sharesErrors = (
  { nominalConcurrencyShares: shares = 0 }: ExemptPriorityLevelConfiguration,
  at: string,
): FieldError[] =>
  shares < 0 ? [invalid(`${at}.nominalConcurrencyShares`, shares, 'must be a non-negative integer')] : [];

const lendableErrors = (
  { lendablePercent: percent = 0 }: ExemptPriorityLevelConfiguration,
  at: string,
): FieldError[] =>
  percent < 0 || percent > 100 ? [invalid(`${at}.lendablePercent`, percent, inclusiveRange(0, 100))] : [];

/** Kubernetes says Limited here where it means Queue. */
function responseErrors({ type = '', queuing }: Partial<LimitResponse>, at: string): FieldError[] {
  if (!RESPONSES.includes(type)) return [notSupported(`${at}.type`, type, RESPONSES)];
  const field = `${at}.queuing`;
  if (type === 'Reject') {
    const problem = 'must be nil if limited.limitResponse.type is not Limited';
    return queuing === undefined ? [] : [forbidden(field, problem)];
  }
  return queuing === undefined
    ? [required(field, 'must not be empty if limited.limitResponse.type is Limited')]
    : queuingErrors(queuing, field);
}

function queuingErrors(
  { queueLengthLimit = 0, queues = 0, handSize = 0 }: QueuingConfiguration,
  at: string,
): FieldError[] {
  const errors: FieldError[] = [];
  if (queueLengthLimit <= 0) {
    errors.push(invalid(`${at}.queueLengthLimit`, queueLengthLimit, 'must be positive'));
  }
  if (queues <= 0) errors.push(invalid(`${at}.queues`, queues, 'must be positive'));
  else if (queues > MAX_QUEUES) {
    errors.push(invalid(`${at}.queues`, queues, `must not be greater than ${MAX_QUEUES}`));
  }
  const problem = handSizeProblem(queues, handSize);
  return problem === undefined ? errors : [...errors, invalid(`${at}.handSize`, handSize, problem)];
}

function handSizeProblem(queues: number, handSize: number): string | undefined {
  if (handSize <= 0) return 'must be positive';
  if (handSize > queues) return `should not be greater than queues (${queues})`;
  // apiserver `shufflesharding.RequiredEntropyBits`
  const bits = Math.ceil(Math.log2(queues) * handSize);
  return bits > MAX_HASH_BITS
    ? `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${MAX_HASH_BITS}`
    : undefined;
}

/** Of the level `exempt`, how much it lends may be changed. */
function mandatoryErrors(name: string, spec: Partial<PriorityLevelConfigurationSpec>): FieldError[] {
  const mandatory = mandatorySpec<PriorityLevelConfigurationSpec>(MANDATORY_LEVELS, name);
  if (mandatory === undefined) return [];
  if (name !== 'exempt') {
    const problem = `spec of '${name}' must equal the fixed value`;
    return deepEqual(spec, mandatory) ? [] : [invalid('spec', spec, problem)];
  }
  const { exempt: _exempt, ...rest } = spec;
  const { exempt: _fixed, ...fixed } = mandatory;
  const problem = `spec of '${name}' except the 'spec.exempt' field must equal the fixed value`;
  return deepEqual(rest, fixed) ? [] : [invalid('spec', spec, problem)];
}
