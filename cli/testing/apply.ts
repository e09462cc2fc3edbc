/** `kubectl apply` without kubectl, for people who test their own software. */
import { parseAllDocuments } from 'yaml';
import type { Api, ApiAnswer } from '../cluster/api.ts';
import { LAST_APPLIED, threeWayPatch, type Json } from './merge.ts';

interface Manifest {
  [key: string]: Json;
  apiVersion: string;
  kind: string;
  metadata: { [key: string]: Json; name: string };
}

interface ResourceList {
  resources: { name: string; kind: string; namespaced: boolean }[];
}

/** The cluster refused; the message is Kubernetes' own, `status` its HTTP status. */
export class ApiError extends Error {
  readonly status: number;

  constructor(what: string, answer: ApiAnswer) {
    const message = (answer.body as { message?: string } | null)?.message ?? String(answer.body);
    super(`${what}: ${message}`);
    this.name = 'ApiError';
    this.status = answer.status;
  }
}

/**
 * Creates or updates every object of a YAML text, in order; objects without a namespace go to `default`.
 * @throws ApiError for the first object that the cluster refuses; those before it are applied.
 */
export async function apply(api: Api, yaml: string): Promise<void> {
  const find = resourceFinder(api);
  for (const manifest of parseManifests(yaml)) await applyOne(api, await find(manifest), manifest);
}

/** The objects of a YAML text of several documents; those of a List one by one. */
export function parseManifests(yaml: string): Manifest[] {
  return parseAllDocuments(yaml)
    .flatMap((document) => {
      if (document.errors[0] !== undefined) throw new Error(`bad YAML: ${document.errors[0].message}`);
      const value = document.toJS() as { kind?: string; items?: unknown[] } | null;
      return value?.kind === 'List' ? (value.items ?? []) : [value];
    })
    .filter((value) => value !== null)
    .map((value) => {
      const manifest = value as Partial<Manifest>;
      if (typeof manifest.apiVersion !== 'string' || typeof manifest.kind !== 'string')
        throw new Error('apiVersion and kind are needed in every document');
      if (typeof manifest.metadata?.name !== 'string')
        throw new Error(`metadata.name is needed (${manifest.kind})`);
      return manifest as Manifest;
    });
}

async function applyOne(api: Api, collection: string, manifest: Manifest): Promise<void> {
  const { kind, metadata } = manifest;
  const what = `${kind} ${metadata.name}`;
  const path = `${collection}/${metadata.name}`;
  const wanted = withLastApplied(manifest);
  const found = await api.call('GET', path);
  if (found.status === 404) {
    expectSuccess(what, await api.call('POST', collection, { body: wanted }));
    return;
  }
  expectSuccess(what, found);
  const live = found.body as Manifest;
  const last = (live.metadata['annotations'] as Record<string, string> | undefined)?.[LAST_APPLIED];
  const patch = threeWayPatch(last === undefined ? undefined : (JSON.parse(last) as Json), wanted, live);
  if (patch === undefined) return;
  const contentType = 'application/merge-patch+json';
  expectSuccess(what, await api.call('PATCH', path, { body: patch, contentType }));
}

function withLastApplied(manifest: Manifest): Manifest {
  const annotations = (manifest.metadata['annotations'] ?? {}) as { [key: string]: Json };
  const own = `${JSON.stringify({ ...manifest, metadata: { ...manifest.metadata, annotations } })}\n`;
  return {
    ...manifest,
    metadata: { ...manifest.metadata, annotations: { ...annotations, [LAST_APPLIED]: own } },
  };
}

/** Finds the path of an object's collection by what the cluster says that it serves. */
function resourceFinder(api: Api): (manifest: Manifest) => Promise<string> {
  const lists = new Map<string, Promise<ResourceList['resources']>>();
  return async (manifest) => {
    const { apiVersion, kind, metadata } = manifest;
    const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const list = lists.get(root) ?? fetchResources(api, root);
    lists.set(root, list);
    const resource = (await list).find((one) => one.kind === kind && !one.name.includes('/'));
    if (resource === undefined) throw new Error(`the cluster has no kind ${kind} in ${apiVersion}`);
    const namespace = typeof metadata['namespace'] === 'string' ? metadata['namespace'] : 'default';
    return resource.namespaced
      ? `${root}/namespaces/${namespace}/${resource.name}`
      : `${root}/${resource.name}`;
  };
}

async function fetchResources(api: Api, root: string): Promise<ResourceList['resources']> {
  const answer = await api.call('GET', root);
  if (answer.status === 404) return [];
  expectSuccess(`discovery of ${root}`, answer);
  return (answer.body as ResourceList).resources;
}

export function expectSuccess(what: string, answer: ApiAnswer): void {
  if (answer.status >= 300) throw new ApiError(what, answer);
}
