import type { AdmissionPlugin, AdmissionRequest, AdmissionTools } from '../admission.ts';
import { andThen, type MaybePromise } from '../../maybe-promise.ts';
import { configuresAdmission } from '../rules.ts';
import type { Presented } from '../presented.ts';
import { callWebhook } from './call.ts';
import { invocationOf, validatingHooks, type ValidatingHook } from './hooks.ts';

/** Validating webhooks, all at once; of several refusals the client gets the first in their order (apiserver `webhook/validating`). */
export function validatingWebhooks(tools: AdmissionTools): AdmissionPlugin {
  const hooks = validatingHooks(tools);
  return {
    name: 'ValidatingAdmissionWebhook',
    validate(request) {
      const all = hooks();
      if (all.length === 0 || configuresAdmission(request)) return undefined;
      return andThen(invocations(all, request, tools), (found) =>
        found.length === 0
          ? undefined
          : settle(
              found.map(({ hook, presented }) => callWebhook(hook.webhook, request, presented, tools, false)),
            ),
      );
    },
  };
}

interface Invocation {
  readonly hook: ValidatingHook;
  readonly presented: Presented;
}

/** What is to be called. Nothing is before it is known of all. */
function invocations(
  hooks: readonly ValidatingHook[],
  request: AdmissionRequest,
  tools: AdmissionTools,
): MaybePromise<readonly Invocation[]> {
  let done: MaybePromise<Invocation[]> = [];
  for (const hook of hooks) {
    done = andThen(done, (found) =>
      andThen(invocationOf(hook, request, tools), (presented) =>
        presented === undefined ? found : [...found, { hook, presented }],
      ),
    );
  }
  return done;
}

/** Waits for all, so that no call outlives its request, and throws the first refusal. */
async function settle(calls: readonly Promise<unknown>[]): Promise<void> {
  const outcomes = await Promise.allSettled(calls);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
