import type { MutatingWebhook, ValidatingWebhook } from '#api/gen/types.ts';
import type { Resource } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import type { LabelMatcher } from '#api/selectors.ts';
import { andThen, type MaybePromise } from '../../maybe-promise.ts';
import type { AdmissionRequest, AdmissionTools } from '../admission.ts';
import { requestBindings, WEBHOOK_VARIABLES } from '../expressions/activation.ts';
import { matchConditions, type Conditions } from '../expressions/match-conditions.ts';
import { keptFor } from '../kept.ts';
import { matchesNamespace, matchesObject, selectorOf } from '../namespaces.ts';
import { present, type Presented } from '../presented.ts';
import { matchedResource } from '../rules.ts';

type Webhook = MutatingWebhook | ValidatingWebhook;

/** One webhook of a configuration, ready to be matched against every write. */
export interface Hook<W extends Webhook = Webhook> {
  /** Unique among the hooks of its kind. */
  readonly id: string;
  readonly configuration: string;
  readonly webhook: W;
  readonly selectsNamespace: LabelMatcher | undefined;
  readonly selectsObject: LabelMatcher | undefined;
  readonly conditions: Conditions | undefined;
}

export type MutatingHook = Hook<MutatingWebhook>;
export type ValidatingHook = Hook<ValidatingWebhook>;

const hookOf = <W extends Webhook>(configuration: string, webhook: W, index: number): Hook<W> => ({
  id: `${configuration}/${webhook.name}/${index}`,
  configuration,
  webhook,
  selectsNamespace: selectorOf(webhook.namespaceSelector),
  selectsObject: selectorOf(webhook.objectSelector),
  conditions: matchConditions(webhook.matchConditions, WEBHOOK_VARIABLES, webhook.failurePolicy),
});

/** The webhooks that there are now, in the order of their configurations' names. */
export function mutatingHooks({ store }: AdmissionTools): () => readonly MutatingHook[] {
  return flat(
    keptFor(store, 'mutatingwebhookconfigurations', (object) =>
      (object.webhooks ?? []).map((webhook, index) => hookOf(object.metadata.name, webhook, index)),
    ),
  );
}

/** As `mutatingHooks`. */
export function validatingHooks({ store }: AdmissionTools): () => readonly ValidatingHook[] {
  return flat(
    keptFor(store, 'validatingwebhookconfigurations', (object) =>
      (object.webhooks ?? []).map((webhook, index) => hookOf(object.metadata.name, webhook, index)),
    ),
  );
}

function flat<T>(lists: () => readonly (readonly T[])[]): () => readonly T[] {
  let from: readonly (readonly T[])[] = [];
  let all: readonly T[] = [];
  return () => {
    const now = lists();
    if (now !== from) {
      from = now;
      all = now.flat();
    }
    return all;
  };
}

/**
 * The request as the webhook is to get it; undefined when it is not to be called (apiserver `webhook/generic/webhook.go` `ShouldCallHook`).
 * Throws a StatusError when that cannot be told.
 */
export function invocationOf(
  hook: Hook,
  request: AdmissionRequest,
  tools: AdmissionTools,
): MaybePromise<Presented | undefined> {
  const { rules, matchPolicy } = hook.webhook;
  const versionsOf = (resource: Resource): readonly Resource[] =>
    tools.catalog.all().filter(({ storage }) => storage === resource.storage);
  const resource = matchedResource(rules ?? [], request, matchPolicy, versionsOf);
  if (resource === undefined) return undefined;
  if (!matchesObject(hook.selectsObject, request)) return undefined;
  if (!matchesNamespace(hook.selectsNamespace, request, tools.store)) return undefined;
  return andThen(present(request, resource, tools), (presented) =>
    meetsConditions(hook, request, presented, tools) ? presented : undefined,
  );
}

function meetsConditions(
  { conditions }: Hook,
  request: AdmissionRequest,
  presented: Presented,
  tools: AdmissionTools,
): boolean {
  const met = conditions?.(() => requestBindings(request, presented, tools)) ?? { matches: true };
  if ('matches' in met) return met.matches;
  const { group, name } = request.resource;
  throw StatusError.forbidden({ group, resource: name }, request.name, met.error);
}
