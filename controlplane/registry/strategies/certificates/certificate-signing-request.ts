import { deepEqual } from '#api/equal.ts';
import { rfc3339 } from '#api/clock.ts';
import type { Kinds } from '#api/resources.ts';
import { duplicate, forbidden, invalid, notSupported, required, type FieldError } from '#api/status.ts';
import { dns1123SubdomainProblems } from '#api/validation.ts';
import { USAGES } from '../../../pki/signing-request.ts';
import type { Strategy, WriteContext } from '../strategy.ts';

type Request = Kinds['certificatesigningrequests'];
type Conditions = NonNullable<NonNullable<Request['status']>['conditions']>;

const MIN_SECONDS = 600;
const LEGACY_SIGNER = 'kubernetes.io/legacy-unknown';

/** pkg/registry/certificates/certificates/strategy.go. That the request is one, and signed, is for admission to see, which may wait. */
export const certificateSigningRequestStrategy: Strategy<Request> = {
  selectableFields: { 'spec.signerName': ({ spec }) => spec.signerName },
  nameProblems: () => [],

  prepareForCreate(request, { options: { user } }) {
    const { username: _username, uid: _uid, groups: _groups, extra: _extra, ...spec } = request.spec;
    request.spec = {
      ...spec,
      username: user.name,
      ...(user.uid === undefined ? {} : { uid: user.uid }),
      groups: [...user.groups],
      ...(user.extra === undefined
        ? {}
        : { extra: Object.fromEntries(Object.entries(user.extra).map(([key, all]) => [key, [...all]])) }),
    };
    request.status = {};
  },
  validateCreate: ({ spec }) => specProblems(spec),
  prepareForUpdate(request, old) {
    request.spec = structuredClone(old.spec);
    request.status = structuredClone(old.status ?? {});
  },
  status: {
    prepareForUpdate(request, old, context) {
      request.spec = structuredClone(old.spec);
      keepTimes(request, old, context);
    },
    validateUpdate: (request, old) => [
      ...conditionProblems(request, old, false),
      ...certificateProblems(request, old),
    ],
  },
  subresources: {
    approval: {
      prepareForUpdate(request, old, context) {
        const { conditions } = request.status ?? {};
        request.spec = structuredClone(old.spec);
        request.status = {
          ...structuredClone(old.status),
          ...(conditions === undefined ? {} : { conditions }),
        };
        if (conditions === undefined) delete request.status.conditions;
        keepTimes(request, old, context);
      },
      validateUpdate: (request, old) => conditionProblems(request, old, true),
    },
  },
};

/** `populateConditionTimestamps`. */
function keepTimes(request: Request, old: Request, { clock }: WriteContext): void {
  const now = rfc3339(clock.now());
  for (const condition of request.status?.conditions ?? []) {
    condition.lastUpdateTime ??= now;
    const before = old.status?.conditions?.find(
      ({ type, status }) => type === condition.type && status === condition.status,
    );
    condition.lastTransitionTime ??= before?.lastTransitionTime ?? now;
  }
}

function specProblems({
  request,
  signerName,
  usages = [],
  expirationSeconds,
}: Request['spec']): FieldError[] {
  const errors: FieldError[] = [];
  const pem = Buffer.from(request ?? '', 'base64').toString();
  if (!/^\s*-----BEGIN CERTIFICATE REQUEST-----/.test(pem)) {
    errors.push(invalid('spec.request', request ?? null, 'PEM block type must be CERTIFICATE REQUEST'));
  }
  if (usages.length === 0) errors.push(required('spec.usages'));
  usages.forEach((usage, at) => {
    const field = `spec.usages[${at}]`;
    if (!USAGES.includes(usage)) errors.push(notSupported(field, usage, USAGES));
    else if (usages.indexOf(usage) < at) errors.push(duplicate(field, usage));
  });
  if (signerName === LEGACY_SIGNER) {
    errors.push(
      invalid('spec.signerName', signerName, 'the legacy signerName is not allowed via this API version'),
    );
  } else errors.push(...signerNameProblems(signerName));
  if (expirationSeconds !== undefined && expirationSeconds < MIN_SECONDS) {
    const why = 'may not specify a duration less than 600 seconds (10 minutes)';
    errors.push(invalid('spec.expirationSeconds', expirationSeconds, why));
  }
  return errors;
}

/** `ValidateCertificateSigningRequest` `ValidateSignerName`. */
function signerNameProblems(signerName: string | undefined): FieldError[] {
  const field = 'spec.signerName';
  if (!signerName) return [required(field)];
  const [domain = '', path = '', ...rest] = signerName.split('/');
  if (!signerName.includes('/') || rest.length > 0 || path === '') {
    return [
      invalid(
        field,
        signerName,
        "must be a fully qualified domain and path of the form 'example.com/signer-name'",
      ),
    ];
  }
  const problems = dns1123SubdomainProblems(domain).map((why) =>
    invalid(field, domain, `validating label ${JSON.stringify(domain)}: ${why}`),
  );
  if (!domain.includes('.')) {
    problems.push(invalid(field, domain, 'should be a domain with at least two segments separated by dots'));
  }
  return problems;
}

const LASTING = ['Approved', 'Denied', 'Failed'];

/** What is decided stays so, and only `approval` decides. */
function conditionProblems(request: Request, old: Request, isApproval: boolean): FieldError[] {
  const conditions = request.status?.conditions ?? [];
  const before = old.status?.conditions ?? [];
  const field = 'status.conditions';
  const errors = conditions.flatMap((condition, at) => oneConditionProblems(conditions, condition, at));
  for (const type of LASTING) {
    const count = (all: Conditions): number => all.filter((one) => one.type === type).length;
    if (count(conditions) < count(before)) {
      errors.push(forbidden(field, `updates may not remove a condition of type ${JSON.stringify(type)}`));
    }
    if (!isApproval && type !== 'Failed' && count(conditions) > count(before)) {
      errors.push(forbidden(field, `updates may not add a condition of type ${JSON.stringify(type)}`));
    }
  }
  return errors;
}

function oneConditionProblems(
  all: Conditions,
  { type, status }: Conditions[number],
  at: number,
): FieldError[] {
  const path = `status.conditions[${at}]`;
  const errors: FieldError[] = [];
  if (!type) errors.push(required(`${path}.type`));
  if (!status) errors.push(required(`${path}.status`));
  else if (!['True', 'False', 'Unknown'].includes(status)) {
    errors.push(notSupported(`${path}.status`, status, ['False', 'True', 'Unknown']));
  } else if (LASTING.includes(type) && status !== 'True')
    errors.push(notSupported(`${path}.status`, status, ['True']));
  const earlier = all.slice(0, at).map((one) => one.type);
  const opposite = type === 'Approved' ? 'Denied' : 'Approved';
  if (['Approved', 'Denied'].includes(type) && earlier.includes(opposite)) {
    errors.push(invalid(`${path}.type`, type, 'Approved and Denied conditions are mutually exclusive'));
  }
  if (earlier.includes(type)) errors.push(duplicate(`${path}.type`, type));
  return errors;
}

function certificateProblems(request: Request, old: Request): FieldError[] {
  const [certificate = '', before = ''] = [request.status?.certificate, old.status?.certificate];
  if (deepEqual(certificate, before)) return [];
  const field = 'status.certificate';
  if (before !== '') return [forbidden(field, 'updates may not modify existing certificate content')];
  const pem = Buffer.from(certificate, 'base64').toString();
  return pem.includes('-----BEGIN CERTIFICATE-----')
    ? []
    : [invalid(field, '<certificate data>', 'must contain at least one CERTIFICATE PEM block')];
}
