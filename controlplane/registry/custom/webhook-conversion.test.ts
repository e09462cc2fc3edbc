import { expect, it } from 'vitest';
import type { CustomResourceConversion } from '#api/gen/types.ts';
import type { KubeObject, Resource } from '#api/resources.ts';
import { WebhookCallError, type WebhookClient } from '../../webhooks/webhook-client.ts';
import { convertByWebhook } from './webhook-conversion.ts';

interface Review {
  readonly request: { uid: string; desiredAPIVersion: string; objects: KubeObject[] };
}

const CONVERSION: CustomResourceConversion = {
  strategy: 'Webhook',
  webhook: { clientConfig: { url: 'https://127.0.0.1:1' }, conversionReviewVersions: ['v1'] },
};
const V2 = { group: 'example.com', version: 'v2', kind: 'Widget' } as Resource;
const WIDGET: KubeObject = {
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name: 'w', uid: 'u', resourceVersion: '7', creationTimestamp: '2026-01-01T00:00:00Z' },
  size: '3 metres',
};

const answering = (answer: (review: Review) => unknown): WebhookClient => ({
  call: async (_, review) => answer(review as Review),
  close: () => undefined,
});
const succeeding = (change: (object: KubeObject) => unknown): WebhookClient =>
  answering(({ request }) => ({
    response: {
      uid: request.uid,
      result: { status: 'Success' },
      convertedObjects: request.objects.map((object) =>
        change({ ...object, apiVersion: request.desiredAPIVersion }),
      ),
    },
  }));
const convert = (client: WebhookClient): Promise<KubeObject[]> =>
  convertByWebhook(client, CONVERSION, [WIDGET], V2);

it('gives the objects that the webhook made, with the metadata that they had but for labels and annotations', async () => {
  const client = succeeding((object) => ({
    ...object,
    size: 3,
    metadata: { ...object.metadata, resourceVersion: '99', labels: { converted: 'yes' } },
  }));
  expect(await convert(client)).toEqual([
    {
      apiVersion: 'example.com/v2',
      kind: 'Widget',
      metadata: { ...WIDGET.metadata, labels: { converted: 'yes' } },
      size: 3,
    },
  ]);
});

it.each([
  [
    'does not answer',
    answering(() => {
      throw new WebhookCallError('Post "https://127.0.0.1:1/": connection refused');
    }),
    'failed: Post "https://127.0.0.1:1/": connection refused',
  ],
  ['answers with nothing', answering(() => ({})), 'failed: no response provided'],
  [
    'cannot convert',
    answering(({ request }) => ({
      response: { uid: request.uid, result: { status: 'Failure', message: 'never seen such a size' } },
    })),
    'failed: never seen such a size',
  ],
  [
    'loses objects',
    answering(({ request }) => ({
      response: { uid: request.uid, result: { status: 'Success' }, convertedObjects: [] },
    })),
    'returned 0 objects, expected 1',
  ],
  [
    'renames an object',
    succeeding((object) => ({ ...object, metadata: { ...object.metadata, name: 'x' } })),
    'returned invalid metadata: metadata.name',
  ],
])('says in Kubernetes’ words that the webhook %s', async (_, client, why) => {
  await expect(convert(client)).rejects.toThrow(`conversion webhook for example.com/v1, Kind=Widget ${why}`);
});
