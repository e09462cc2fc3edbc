import { describe, expect, it } from 'vitest';
import { resourceOf, type ResourceName, type Subresource } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import type { ListOptions, Patch, WriteOptions } from './registry.ts';
import { create, podBody, testRegistry, type TestRegistry } from './test-registry.ts';
import cases from './testdata/refusals.json' with { type: 'json' };

/** Requests that Kubernetes 1.36 refused, and its answers. */
interface Refusal {
  method: string;
  resource: string;
  namespace?: string;
  name?: string;
  subresource?: string;
  query?: Record<string, string>;
  contentType?: string;
  body?: unknown;
  answer: {
    code: number;
    reason: string | null;
    message: string;
    causes?: object[];
    details?: object;
  };
}

const PATCH_TYPES: Record<string, Patch['type']> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
};

/** `now`, because a uid in a message is another each time. */
const UID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

async function send({ registry, write }: TestRegistry, refusal: Refusal): Promise<unknown> {
  const target = {
    resource: resourceOf(refusal.resource as ResourceName),
    namespace: refusal.namespace,
    name: refusal.name ?? '',
    subresource: refusal.subresource as Subresource | undefined,
  };
  const { query = {}, body } = refusal;
  const options: WriteOptions = {
    ...write,
    dryRun: query['dryRun'] === 'All',
    fieldValidation: (query['fieldValidation'] ?? 'Warn') as WriteOptions['fieldValidation'],
  };
  switch (refusal.method) {
    case 'GET': {
      if (target.name !== '') return registry.get(target);
      const { limit, sendInitialEvents, watch, ...rest } = query;
      const list: ListOptions = { ...rest, ...(limit === undefined ? {} : { limit: Number(limit) }) };
      if (watch === undefined) return registry.list(target, list);
      return registry.watch(
        target,
        { ...list, ...(sendInitialEvents === undefined ? {} : { sendInitialEvents: true }) },
        () => undefined,
      );
    }
    case 'POST':
      return registry.create(target, body, options);
    case 'PUT':
      return registry.update(target, body, options);
    case 'PATCH':
      return registry.patch(
        target,
        { type: PATCH_TYPES[refusal.contentType ?? '']!, body } as Patch,
        options,
      );
    case 'DELETE':
      return registry.delete(target, body ?? {}, options);
    default:
      throw new Error(`no way to send a ${refusal.method}`);
  }
}

const short = (text: string): string => (text.length > 100 ? `${text.slice(0, 100)}…` : text);

describe('refusals', async () => {
  const cluster = await testRegistry();
  await create(cluster, 'pods', podBody('p'));
  await create(cluster, 'configmaps', { metadata: { name: 'one' }, data: { a: 'b' } });

  it.each((cases as Refusal[]).map((refusal) => [short(refusal.answer.message), refusal] as const))(
    'says as Kubernetes does: %s',
    async (_message, refusal) => {
      const { causes, details, code, reason, message } = refusal.answer;
      const error: unknown = await Promise.resolve()
        .then(() => send(cluster, refusal))
        .then(
          (answer) => answer,
          (thrown: unknown) => thrown,
        );
      expect(error).toBeInstanceOf(StatusError);
      const status = (error as StatusError).toStatus();
      expect(status.message?.replaceAll(UID, 'UID')).toBe(message.replaceAll(UID, 'UID'));
      const { causes: foundCauses, ...foundDetails } = status.details ?? {};
      expect({ code: status.code, reason: status.reason ?? null }).toEqual({ code, reason });
      expect(foundCauses ?? []).toEqual(causes ?? []);
      expect(foundDetails).toEqual(details ?? {});
    },
  );
});
