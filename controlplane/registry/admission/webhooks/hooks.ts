import type { MutatingWebhook, ValidatingWebhook } from '#api/gen/types.ts';
import type { Resource } from '#api/resources.ts';
import type { LabelMatcher } from '#api/selectors.ts';
import type { MaybePromise } from '../../maybe-promise.ts';
import type { AdmissionRequest, AdmissionTools } from '../admission.ts';
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
}

export type MutatingHook = Hook<MutatingWebhook>;
export type ValidatingHook = Hook<ValidatingWebhook>;

const hookOf = <W extends Webhook>(configuration: string, webhook: W, index: number): Hook<W> => ({
  id: `${configuration}/${webhook.name}/${index}`,
  configuration,
  webhook,
  selectsNamespace: selectorOf(webhook.namespaceSelector),
  selectsObject: selectorOf(webhook.objectSelector),
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
  return present(request, resource, tools);
}
