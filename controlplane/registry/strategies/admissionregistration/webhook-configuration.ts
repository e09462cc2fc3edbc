import type { Kinds } from '#api/resources.ts';
import type { Strategy } from '../strategy.ts';
import { defaultWebhook } from './defaults.ts';
import { validateWebhooks } from './validate-webhook.ts';

/** pkg/registry/admissionregistration/validatingwebhookconfiguration/strategy.go */
export const validatingWebhookConfigurationStrategy: Strategy<Kinds['validatingwebhookconfigurations']> = {
  generation: true,
  needsResourceVersion: true,

  setDefaults({ webhooks = [] }) {
    for (const webhook of webhooks) defaultWebhook(webhook);
  },
  validate: ({ webhooks }) => validateWebhooks(webhooks),
};

/** pkg/registry/admissionregistration/mutatingwebhookconfiguration/strategy.go */
export const mutatingWebhookConfigurationStrategy: Strategy<Kinds['mutatingwebhookconfigurations']> = {
  generation: true,
  needsResourceVersion: true,

  setDefaults({ webhooks = [] }) {
    for (const webhook of webhooks) {
      defaultWebhook(webhook);
      webhook.reinvocationPolicy ??= 'Never';
    }
  },
  validate: ({ webhooks }) => validateWebhooks(webhooks),
};
