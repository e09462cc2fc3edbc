import { deepEqual } from '#api/equal.ts';
import type { KubeObject } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import { andThen, type MaybePromise } from '../../maybe-promise.ts';
import type { AdmissionPlugin, AdmissionRequest, AdmissionTools, MutationRound } from '../admission.ts';
import { takeBack, type Presented } from '../presented.ts';
import { Reinvocations } from '../reinvocations.ts';
import { configuresAdmission } from '../rules.ts';
import { callWebhook } from './call.ts';
import { invocationOf, mutatingHooks, type MutatingHook } from './hooks.ts';
import { applyJsonPatch } from './json-patch.ts';

/** Mutating webhooks, one after the other in the order of their configurations' names (apiserver `webhook/mutating`). */
export function mutatingWebhooks(tools: AdmissionTools): AdmissionPlugin {
  const hooks = mutatingHooks(tools);
  return {
    name: 'MutatingAdmissionWebhook',
    admit(request, _tools, round) {
      const all = hooks();
      if (all.length === 0 || configuresAdmission(request)) return undefined;
      const reinvocations = Reinvocations.of(round, 'MutatingAdmissionWebhook');
      reinvocations.begin(request.object);
      return andThen(callFrom(0, all, { request, tools, round, reinvocations }), () =>
        reinvocations.end(request.object),
      );
    },
  };
}

interface Call {
  readonly request: AdmissionRequest;
  readonly tools: AdmissionTools;
  readonly round: MutationRound;
  readonly reinvocations: Reinvocations;
}

/** Calls the webhooks from `index` on. What one changes counts for the match of the next. */
function callFrom(index: number, hooks: readonly MutatingHook[], call: Call): MaybePromise<void> {
  for (let at = index; at < hooks.length; at++) {
    const done = callIfMatching(hooks[at]!, call);
    if (done instanceof Promise) return done.then(() => callFrom(at + 1, hooks, call));
  }
  return undefined;
}

function callIfMatching(hook: MutatingHook, call: Call): MaybePromise<void> {
  if (call.round.isReinvocation && !call.reinvocations.wants(hook.id)) return undefined;
  return andThen(invocationOf(hook, call.request, call.tools), (presented) =>
    presented === undefined ? undefined : invoke(hook, presented, call),
  );
}

async function invoke({ id, webhook }: MutatingHook, presented: Presented, call: Call): Promise<void> {
  const { request, tools, reinvocations } = call;
  const patch = await callWebhook(webhook, request, presented, tools, true);
  const changed = patch === undefined ? undefined : changedBy(webhook.name, presented, patch);
  if (changed !== undefined) {
    await takeBack(request, presented, changed, tools);
    reinvocations.changed();
    call.round.reinvoke();
  }
  if (webhook.reinvocationPolicy === 'IfNeeded') reinvocations.invoked(id);
}

/** Undefined when the patch leaves the object as it is. */
function changedBy(name: string, { object }: Presented, patch: unknown): KubeObject | undefined {
  if (Array.isArray(patch) && patch.length === 0) return undefined;
  if (object === undefined) {
    throw StatusError.internal(
      `admission webhook ${JSON.stringify(name)} attempted to modify the object, which is not supported for this operation`,
    );
  }
  const changed = applyJsonPatch(object, patch);
  return deepEqual(changed, object) ? undefined : changed;
}
