import type { MutatingWebhook, ValidatingWebhook } from '#api/gen/types.ts';
import { StatusError } from '#api/status.ts';
import { WebhookCallError } from '../../../webhooks/webhook-client.ts';
import type { AdmissionRequest, AdmissionTools } from '../admission.ts';
import type { Presented } from '../presented.ts';
import { deniedBy, ResponseError, verdictOf } from './response.ts';
import { reviewOf } from './review.ts';

type Webhook = MutatingWebhook | ValidatingWebhook;

const DRY_RUN_EFFECTS: ReadonlySet<string> = new Set(['None', 'NoneOnDryRun']);
const DEFAULT_TIMEOUT_SECONDS = 10;

/**
 * Asks a webhook, hands on its warnings, and gives the patch that it wants, undefined for none. Throws what the client is to get: the webhook's
 * refusal, or the reason why it could not be asked, unless its failurePolicy ignores that.
 */
export async function callWebhook(
  webhook: Webhook,
  request: AdmissionRequest,
  presented: Presented,
  tools: AdmissionTools,
  isMutating: boolean,
): Promise<unknown> {
  if (request.options.dryRun && !DRY_RUN_EFFECTS.has(webhook.sideEffects)) {
    throw StatusError.badRequest(
      `admission webhook ${JSON.stringify(webhook.name)} does not support dry run`,
    );
  }
  try {
    const review = reviewOf(request, presented);
    const answer = await tools.webhooks.call(webhook.clientConfig, review, {
      timeoutSeconds: webhook.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS,
      tellTimeout: true,
    });
    const verdict = verdictOf(review, answer, isMutating);
    for (const warning of verdict.warnings) request.options.warn(warning);
    if (!verdict.allowed) throw deniedBy(webhook.name, verdict.result);
    return verdict.patch;
  } catch (error) {
    const why = failure(error);
    if (why === undefined) throw error;
    if (webhook.failurePolicy === 'Ignore') return undefined;
    throw StatusError.internal(`failed calling webhook ${JSON.stringify(webhook.name)}: ${why}`);
  }
}

/** Undefined for what is not the webhook's failure. */
function failure(error: unknown): string | undefined {
  if (error instanceof WebhookCallError) return `failed to call webhook: ${error.message}`;
  if (error instanceof ResponseError) return `received invalid webhook response: ${error.message}`;
  return undefined;
}
