import { StatusError, type StatusReason } from '#api/status.ts';
import { andThen, type MaybePromise } from '../../maybe-promise.ts';
import type { AdmissionPlugin, AdmissionRequest, AdmissionTools } from '../admission.ts';
import { keptFor } from '../kept.ts';
import { present } from '../presented.ts';
import { configuresAdmission } from '../rules.ts';
import { matchedBy, type Matched } from './invocations.ts';
import { bindingOf, boundPolicies, type BoundPolicy, type PolicyBinding } from './policy.ts';
import { denialsBy, validatingPolicyOf, type Denial, type ValidatingPolicy } from './validation.ts';

/** ValidatingAdmissionPolicies (apiserver `policy/validating/dispatcher.go`). */
export function validatingPolicies(tools: AdmissionTools): AdmissionPlugin {
  const { store } = tools;
  const bound = boundPolicies(
    keptFor(store, 'validatingadmissionpolicies', validatingPolicyOf),
    keptFor(store, 'validatingadmissionpolicybindings', bindingOf),
  );
  return {
    name: 'ValidatingAdmissionPolicy',
    validate(request) {
      const all = bound();
      if (all.length === 0 || configuresAdmission(request)) return undefined;
      let done: MaybePromise<readonly Refusal[]> = [];
      for (const one of all) {
        done = andThen(done, (found) => andThen(judge(one, request, tools), (more) => [...found, ...more]));
      }
      return andThen(done, ([first]) => {
        if (first !== undefined) throw refused(request, first);
      });
    },
  };
}

interface Refusal extends Denial {
  readonly policy: ValidatingPolicy;
  /** undefined when the policy itself cannot be used. */
  readonly binding?: PolicyBinding;
}

/** What a policy and its bindings have against the request. Warns the client where they ask for that. */
function judge(
  bound: BoundPolicy<ValidatingPolicy>,
  request: AdmissionRequest,
  tools: AdmissionTools,
): MaybePromise<readonly Refusal[]> {
  return andThen(matchedBy(bound, request, tools), (matched) => {
    let done: MaybePromise<readonly Refusal[]> = [];
    for (const one of matched) {
      done = andThen(done, (found) => andThen(evaluate(one, request, tools), (more) => [...found, ...more]));
    }
    return done;
  });
}

function evaluate(
  matched: Matched<ValidatingPolicy>,
  request: AdmissionRequest,
  tools: AdmissionTools,
): MaybePromise<readonly Refusal[]> {
  if ('message' in matched) return [matched];
  const { policy, binding, resource, params } = matched;
  return andThen(present(request, resource, tools), (presented) => {
    const denials = params.flatMap((one) => denialsBy(policy, request, presented, one, tools));
    return enforce(policy, binding, denials, request);
  });
}

/** Warns, and gives what is to be refused. There is no audit log to write to. */
function enforce(
  policy: ValidatingPolicy,
  binding: PolicyBinding,
  denials: readonly Denial[],
  { options }: AdmissionRequest,
): Refusal[] {
  if (binding.actions.includes('Warn')) {
    for (const { message } of denials) {
      options.warn(
        `Validation failed for ValidatingAdmissionPolicy '${policy.name}' with binding '${binding.name}': ${message}`,
      );
    }
  }
  return binding.actions.includes('Deny') ? denials.map((denial) => ({ ...denial, policy, binding })) : [];
}

const CODES: { readonly [reason: string]: number } = {
  Unauthorized: 401,
  Forbidden: 403,
  RequestEntityTooLarge: 413,
};

function refused(
  { resource, name }: AdmissionRequest,
  { policy, binding, message, reason }: Refusal,
): StatusError {
  const by = binding === undefined ? '' : ` with binding '${binding.name}'`;
  const why = `ValidatingAdmissionPolicy '${policy.name}'${by} denied request: ${message}`;
  const forbidden = StatusError.forbidden({ group: resource.group, resource: resource.name }, name, why);
  const shown = reason || 'Invalid';
  return new StatusError(
    shown as StatusReason,
    forbidden.message,
    { ...forbidden.details, causes: [{ message: why }] },
    CODES[shown] ?? 422,
  );
}
