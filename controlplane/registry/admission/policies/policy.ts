import type { MatchResources, ParamKind, ParamRef } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { policyVariables } from '../expressions/activation.ts';
import { matchConditions, type Conditions } from '../expressions/match-conditions.ts';
import { constraintsOf, type Constraints } from './constraints.ts';
import { variablesOf, type NamedExpression } from './variables.ts';

type PolicyKind = 'validatingadmissionpolicies' | 'mutatingadmissionpolicies';
type BindingKind = `${'validating' | 'mutating'}admissionpolicybindings`;

/** What validating and mutating policies have in common, compiled. */
export interface Policy {
  readonly name: string;
  /** undefined: the policy matches nothing and says so. */
  readonly matches: Constraints | undefined;
  readonly conditions: Conditions | undefined;
  readonly variables: readonly NamedExpression[];
  readonly paramKind: ParamKind | undefined;
  /** The types of the names that its own expressions may use. */
  readonly types: { readonly [name: string]: string };
  readonly ignoresFailures: boolean;
}

export interface PolicyBinding {
  readonly name: string;
  readonly policyName: string;
  /** undefined: whatever the policy matches. */
  readonly matches: Constraints | undefined;
  readonly paramRef: ParamRef | undefined;
  readonly actions: readonly string[];
}

/** Compiles what is common to policies. */
export function policyOf({ metadata, spec = {} }: Kinds[PolicyKind]): Policy {
  const own = policyVariables(spec.paramKind !== undefined);
  const types = { ...own, variables: 'dyn' };
  const constraints: MatchResources | undefined = spec.matchConstraints;
  return {
    name: metadata.name,
    matches: constraints && constraintsOf(constraints),
    conditions: matchConditions(spec.matchConditions, own, spec.failurePolicy),
    variables: variablesOf(spec.variables, types),
    paramKind: spec.paramKind,
    types,
    ignoresFailures: spec.failurePolicy === 'Ignore',
  };
}

export function bindingOf({ metadata, spec }: Kinds[BindingKind]): PolicyBinding {
  const actions = spec !== undefined && 'validationActions' in spec ? spec.validationActions : [];
  return {
    name: metadata.name,
    policyName: spec?.policyName ?? '',
    matches: spec?.matchResources && constraintsOf(spec.matchResources),
    paramRef: spec?.paramRef,
    actions,
  };
}

export interface BoundPolicy<P extends Policy> {
  readonly policy: P;
  /** At least one. */
  readonly bindings: readonly PolicyBinding[];
}

/** The policies that are bound, with their bindings, both in the order of their names. */
export function boundPolicies<P extends Policy>(
  policies: () => readonly P[],
  bindings: () => readonly PolicyBinding[],
): () => readonly BoundPolicy<P>[] {
  let fromPolicies: readonly P[] = [];
  let fromBindings: readonly PolicyBinding[] = [];
  let all: readonly BoundPolicy<P>[] = [];
  return () => {
    const nowPolicies = policies();
    const nowBindings = bindings();
    if (nowPolicies === fromPolicies && nowBindings === fromBindings) return all;
    fromPolicies = nowPolicies;
    fromBindings = nowBindings;
    all = nowPolicies
      .map((policy) => ({
        policy,
        bindings: nowBindings.filter(({ policyName }) => policyName === policy.name),
      }))
      .filter((bound) => bound.bindings.length > 0);
    return all;
  };
}
