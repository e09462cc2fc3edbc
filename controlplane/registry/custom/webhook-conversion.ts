import { randomUUID } from 'node:crypto';
import type { CustomResourceConversion } from '#api/gen/types.ts';
import { apiVersionOf, type KubeObject, type Resource } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import {
  WebhookCallError,
  type WebhookClient,
  type WebhookClientConfig,
} from '../../webhooks/webhook-client.ts';
import { isObject, type JsonObject } from './schema/nodes.ts';

const TIMEOUT_SECONDS = 30;

/**
 * Asks a definition's webhook for objects in another version (apiextensions-apiserver `conversion/webhook_converter.go`). Of metadata it may change
 * labels and annotations only. Throws an internal error in Kubernetes' words when it does not answer as it must.
 */
export async function convertByWebhook(
  client: WebhookClient,
  { webhook }: CustomResourceConversion,
  objects: readonly KubeObject[],
  wanted: Resource,
): Promise<KubeObject[]> {
  const uid = randomUUID();
  const desiredAPIVersion = apiVersionOf(wanted);
  const review = {
    kind: 'ConversionReview',
    apiVersion: 'apiextensions.k8s.io/v1',
    request: { uid, desiredAPIVersion, objects },
    response: { uid: '', convertedObjects: null, result: { metadata: {} } },
  };
  const from = objects[0]?.apiVersion ?? '';
  const fail = (why: string): StatusError =>
    StatusError.internal(`conversion webhook for ${from}, Kind=${wanted.kind} ${why}`);
  const answer = await call(client, webhook?.clientConfig ?? {}, review, fail);
  const converted = convertedOf(answer, uid, objects.length, fail);
  return converted.map((one, at) => restored(one, objects[at]!, wanted, fail));
}

type Fail = (why: string) => StatusError;

async function call(
  client: WebhookClient,
  config: WebhookClientConfig,
  review: unknown,
  fail: Fail,
): Promise<unknown> {
  try {
    return await client.call(config, review, { timeoutSeconds: TIMEOUT_SECONDS });
  } catch (error) {
    if (error instanceof WebhookCallError) throw fail(`failed: ${error.message}`);
    throw error;
  }
}

function convertedOf(answer: unknown, uid: string, count: number, fail: Fail): unknown[] {
  const response = isObject(answer) ? answer['response'] : undefined;
  if (!isObject(response)) throw fail('failed: no response provided');
  if (response['uid'] !== uid) {
    throw fail(
      `failed: expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response['uid'])}`,
    );
  }
  const result = isObject(response['result']) ? response['result'] : {};
  if (result['status'] !== 'Success') {
    const { message } = result;
    throw fail(`failed: ${typeof message === 'string' && message !== '' ? message : '<nil>'}`);
  }
  const converted = Array.isArray(response['convertedObjects']) ? response['convertedObjects'] : [];
  if (converted.length !== count) throw fail(`returned ${converted.length} objects, expected ${count}`);
  return converted;
}

function restored(converted: unknown, original: KubeObject, wanted: Resource, fail: Fail): KubeObject {
  if (!isObject(converted)) throw fail('returned an invalid converted object at index 0');
  const apiVersion = apiVersionOf(wanted);
  if (converted['apiVersion'] !== apiVersion || converted['kind'] !== original.kind) {
    throw fail(
      `returned invalid converted object: expected ${apiVersion}, Kind=${original.kind}, got ${String(converted['apiVersion'])}, Kind=${String(converted['kind'])}`,
    );
  }
  const given = isObject(converted['metadata']) ? converted['metadata'] : {};
  for (const field of ['name', 'namespace', 'uid'] as const) {
    if ((given[field] ?? '') === (original.metadata[field] ?? '')) continue;
    throw fail(
      `returned invalid metadata: metadata.${field}: Invalid value: ${JSON.stringify(given[field] ?? '')}: must be unchanged`,
    );
  }
  const { labels: _labels, annotations: _annotations, ...kept } = original.metadata;
  const metadata = { ...kept, ...stringMap(given, 'labels'), ...stringMap(given, 'annotations') };
  return { ...converted, apiVersion, kind: original.kind, metadata };
}

function stringMap(metadata: JsonObject, field: string): JsonObject {
  const map = metadata[field];
  if (!isObject(map)) return {};
  return {
    [field]: Object.fromEntries(Object.entries(map).filter(([, value]) => typeof value === 'string')),
  };
}
