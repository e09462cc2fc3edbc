import { createHash } from 'node:crypto';
import { KUBERNETES_VERSION } from '#api/names.ts';
import type { Resource } from '#api/resources.ts';
import { groupVersions, resourcesOf } from '../discovery/resource-list.ts';
import { resourcePaths } from './paths.ts';
import type { Docs } from './field-docs.ts';
import { componentSchemas } from './schemas.ts';
import { openApiV2 } from './v2-document.ts';

/** An OpenAPI v3 document, ready to send. */
export interface Document {
  readonly json: string;
  /** Of `json`: SHA-512 in capitals. */
  readonly hash: string;
}

/** The path of a group and version below `/openapi/v3/`. */
const pathOf = (apiVersion: string): string =>
  apiVersion.includes('/') ? `apis/${apiVersion}` : `api/${apiVersion}`;

let documents: Promise<ReadonlyMap<string, Document>> | undefined;

/** The documents of all group versions, by their path below `/openapi/v3/`. Made when they are first asked for, and kept. */
export function openApiDocuments(): Promise<ReadonlyMap<string, Document>> {
  documents ??= buildDocuments();
  return documents;
}

let v2Document: Promise<Buffer> | undefined;

/** The OpenAPI v2 document of all group versions, in protobuf. Made when it is first asked for, and kept. */
export function openApiV2Document(): Promise<Buffer> {
  v2Document ??= openApiDocuments().then((all) => openApiV2([...all.values()].map(({ json }) => json)));
  return v2Document;
}

async function buildDocuments(): Promise<ReadonlyMap<string, Document>> {
  const { default: docs } = await import('#api/gen/docs.json', { with: { type: 'json' } });
  return new Map(
    groupVersions().map((apiVersion) => [pathOf(apiVersion), buildDocument(resourcesOf(apiVersion), docs)]),
  );
}

/** What the paths answer with or take besides the resources themselves. */
const COMMON_TYPES = ['DeleteOptions', 'Status', 'APIResourceList'];
const SUBRESOURCE_TYPES: Readonly<Record<string, string>> = {
  binding: 'Binding',
  eviction: 'Eviction',
  scale: 'Scale',
  token: 'AuthenticationV1TokenRequest',
};

function buildDocument(resources: readonly Resource[], docs: Docs): Document {
  const types = resources.flatMap((resource) => [
    resource.type,
    ...(resource.verbs.includes('list') ? [resource.listType] : []),
    ...resource.subresources.flatMap((subresource) => SUBRESOURCE_TYPES[subresource] ?? []),
  ]);
  const json = JSON.stringify({
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: KUBERNETES_VERSION.replace(/\.\d+$/, '').slice(1) },
    paths: Object.assign({}, ...resources.map(resourcePaths)) as object,
    components: { schemas: componentSchemas([...types, ...COMMON_TYPES], docs) },
  });
  return { json, hash: createHash('sha512').update(json).digest('hex').toUpperCase() };
}
