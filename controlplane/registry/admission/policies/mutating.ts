import { deepEqual } from '#api/equal.ts';
import { StatusError } from '#api/status.ts';
import { andThen, type MaybePromise } from '../../maybe-promise.ts';
import type { AdmissionPlugin, AdmissionRequest, AdmissionTools, MutationRound } from '../admission.ts';
import { policyBindings } from '../expressions/activation.ts';
import { keptFor } from '../kept.ts';
import { present, takeBack } from '../presented.ts';
import { Reinvocations } from '../reinvocations.ts';
import { configuresAdmission } from '../rules.ts';
import { matchedBy, type Invocation, type Matched, type Misconfiguration } from './invocations.ts';
import { mutated, mutatingPolicyOf, MutationError, type MutatingPolicy } from './mutation.ts';
import { bindingOf, boundPolicies } from './policy.ts';

/** MutatingAdmissionPolicies, in the order of their names (apiserver `policy/mutating/dispatcher.go`). */
export function mutatingPolicies(tools: AdmissionTools): AdmissionPlugin {
  const { store } = tools;
  const bound = boundPolicies(
    keptFor(store, 'mutatingadmissionpolicies', mutatingPolicyOf),
    keptFor(store, 'mutatingadmissionpolicybindings', bindingOf),
  );
  return {
    name: 'MutatingAdmissionPolicy',
    admit(request, _tools, round) {
      const all = bound();
      if (all.length === 0 || configuresAdmission(request) || request.object === undefined) return undefined;
      let matched: MaybePromise<readonly Matched<MutatingPolicy>[]> = [];
      for (const one of all) {
        matched = andThen(matched, (found) =>
          andThen(matchedBy(one, request, tools), (more) => [...found, ...more]),
        );
      }
      return andThen(matched, (found) =>
        found.length === 0 ? undefined : run(found, { request, tools, round }),
      );
    },
  };
}

interface Context {
  readonly request: AdmissionRequest;
  readonly tools: AdmissionTools;
  readonly round: MutationRound;
}

type Problem = Misconfiguration<MutatingPolicy>;

/** Makes every mutation that can be made, and then throws if one could not. */
function run(found: readonly Matched<MutatingPolicy>[], context: Context): MaybePromise<void> {
  const { request, round } = context;
  const reinvocations = Reinvocations.of(round, 'MutatingAdmissionPolicy');
  reinvocations.begin(request.object);
  const problems: Problem[] = [];
  let done: MaybePromise<void> = undefined;
  for (const one of found) {
    if ('message' in one) problems.push(one);
    else done = andThen(done, () => invoke(one, context, reinvocations, problems));
  }
  return andThen(done, () => {
    reinvocations.end(request.object);
    if (problems.length > 0) throw refused(request, problems);
  });
}

function invoke(
  { policy, binding, resource, params }: Invocation<MutatingPolicy>,
  context: Context,
  reinvocations: Reinvocations,
  problems: Problem[],
): MaybePromise<void> {
  const { request, tools, round } = context;
  const fail = (message: string): void => {
    if (!policy.ignoresFailures) problems.push({ policy, binding, message });
  };
  let done: MaybePromise<void> = undefined;
  for (const param of params) {
    const id = `${policy.name}/${binding.name}/${param?.metadata.namespace ?? ''}/${param?.metadata.name ?? ''}`;
    done = andThen(done, () =>
      andThen(present(request, resource, tools), (presented) => {
        const met = policy.conditions?.(() => policyBindings(request, presented, param, tools)) ?? {
          matches: true,
        };
        if ('error' in met) return fail(met.error);
        if (!met.matches || (round.isReinvocation && !reinvocations.wants(id))) return undefined;
        return andThen(mutate(policy, resource, param, context, fail), (isChanged) => {
          if (isChanged) {
            reinvocations.changed();
            round.reinvoke();
          }
          if (policy.isReinvoked) reinvocations.invoked(id);
        });
      }),
    );
  }
  return done;
}

/** Makes the mutations of one policy, each on what the one before made. Gives whether the object is another one. */
function mutate(
  policy: MutatingPolicy,
  resource: Invocation<MutatingPolicy>['resource'],
  param: Invocation<MutatingPolicy>['params'][number],
  { request, tools }: Context,
  fail: (message: string) => void,
): MaybePromise<boolean> {
  let done: MaybePromise<boolean> = false;
  for (const mutation of policy.mutations) {
    done = andThen(done, (isChanged) =>
      andThen(present(request, resource, tools), (presented) => {
        let changed;
        try {
          changed = mutated(mutation, policy, presented, policyBindings(request, presented, param, tools));
        } catch (error) {
          if (!(error instanceof MutationError)) throw error;
          fail(error.message);
          return isChanged;
        }
        if (deepEqual(changed, presented.object)) return isChanged;
        return andThen(takeBack(request, presented, changed, tools), () => true);
      }),
    );
  }
  return done;
}

/** In the words of the first; all are causes (apiserver `policy/generic/policy_dispatcher.go`). */
function refused({ resource, name }: AdmissionRequest, problems: readonly Problem[]): StatusError {
  const messages = problems.map(({ policy, binding, message }) =>
    binding === undefined
      ? `policy ${JSON.stringify(policy.name)} denied request: ${message}`
      : `policy '${policy.name}' with binding '${binding.name}' denied request: ${message}`,
  );
  const { details } = StatusError.forbidden({ group: resource.group, resource: resource.name }, name, '');
  return new StatusError('Invalid', messages[0]!, {
    ...details,
    causes: messages.map((message) => ({ message })),
  });
}
