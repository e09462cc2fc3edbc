import type { KubeObject, Resource } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import { andThen, type MaybePromise } from '../../maybe-promise.ts';
import type { AdmissionRequest, AdmissionTools } from '../admission.ts';
import { ConfigurationError, paramsOf } from './params.ts';
import type { BoundPolicy, Policy, PolicyBinding } from './policy.ts';

/** A policy, or one of its bindings, that cannot be used for a request. */
export interface Misconfiguration<P extends Policy> {
  readonly policy: P;
  /** undefined when it is the policy itself. */
  readonly binding?: PolicyBinding;
  readonly message: string;
}

/** A policy that is to be evaluated for a request, as one of its bindings says. */
export interface Invocation<P extends Policy> {
  readonly policy: P;
  readonly binding: PolicyBinding;
  /** In whose version the policy is to see the request. */
  readonly resource: Resource;
  readonly params: readonly (KubeObject | null | undefined)[];
}

export type Matched<P extends Policy> = Invocation<P> | Misconfiguration<P>;

/** What of a policy's bindings the request matches, in order. Misconfigurations are left out where the policy ignores failures. */
export function matchedBy<P extends Policy>(
  { policy, bindings }: BoundPolicy<P>,
  request: AdmissionRequest,
  tools: AdmissionTools,
): MaybePromise<readonly Matched<P>[]> {
  let resource: Resource | undefined;
  try {
    if (policy.matches === undefined) {
      throw new ConfigurationError('policy contained no match constraints, a required field');
    }
    resource = policy.matches(request, tools);
  } catch (error) {
    return misconfigured(policy, undefined, error);
  }
  let done: MaybePromise<readonly Matched<P>[]> = [];
  if (resource === undefined) return done;
  for (const binding of bindings) {
    done = andThen(done, (found) =>
      andThen(invocationOf(policy, binding, resource, request, tools), (more) => [...found, ...more]),
    );
  }
  return done;
}

function invocationOf<P extends Policy>(
  policy: P,
  binding: PolicyBinding,
  resource: Resource,
  request: AdmissionRequest,
  tools: AdmissionTools,
): MaybePromise<readonly Matched<P>[]> {
  try {
    if (binding.matches !== undefined && binding.matches(request, tools) === undefined) return [];
    return andThen(paramsOf(policy.paramKind, binding.paramRef, request, tools), (params) => [
      { policy, binding, resource, params },
    ]);
  } catch (error) {
    return misconfigured(policy, binding, error);
  }
}

function misconfigured<P extends Policy>(
  policy: P,
  binding: PolicyBinding | undefined,
  error: unknown,
): readonly Misconfiguration<P>[] {
  if (!(error instanceof ConfigurationError || error instanceof StatusError)) throw error;
  if (policy.ignoresFailures) return [];
  const message = `failed to configure ${binding === undefined ? 'policy' : 'binding'}: ${error.message}`;
  return [{ policy, message, ...(binding === undefined ? {} : { binding }) }];
}
