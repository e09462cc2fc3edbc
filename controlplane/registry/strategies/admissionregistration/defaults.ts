import type { MatchResources, MutatingWebhook, ValidatingWebhook } from '#api/gen/types.ts';

/** `SetDefaults_ValidatingWebhook`, with those of the types in it. */
export function defaultWebhook(webhook: ValidatingWebhook | MutatingWebhook): void {
  webhook.failurePolicy ??= 'Fail';
  webhook.matchPolicy ??= 'Equivalent';
  webhook.namespaceSelector ??= {};
  webhook.objectSelector ??= {};
  webhook.timeoutSeconds ??= 10;
  // Decoding asks for no field, whatever the type says.
  const { service } = ((webhook as Partial<ValidatingWebhook>).clientConfig ??= {});
  if (service !== undefined) service.port ??= 443;
  for (const rule of webhook.rules ?? []) rule.scope ??= '*';
}

/** `SetDefaults_MatchResources` */
export function defaultMatchResources(match: MatchResources): void {
  match.matchPolicy ??= 'Equivalent';
  match.namespaceSelector ??= {};
  match.objectSelector ??= {};
  for (const rule of [...(match.resourceRules ?? []), ...(match.excludeResourceRules ?? [])]) {
    rule.scope ??= '*';
  }
}
