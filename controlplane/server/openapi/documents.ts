import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { KUBERNETES_VERSION } from '#api/names.ts';
import { RESOURCES, type Resource } from '#api/resources.ts';
import type { Catalog } from '../../registry/catalog.ts';
import { groupVersions, resourcesOf } from '../discovery/groups.ts';
import { groupPath, groupVersionPath, resourcePaths } from './paths.ts';
import { type Docs, loadDocs } from './field-docs.ts';
import { type GroupVersion, componentSchemas } from './schemas.ts';
import { customSchemas, isCustom } from './custom-schemas.ts';
import { openApiV2 } from './v2-document.ts';
import { type V2Part, v2Json, v2Part } from './v2-json.ts';

/** An OpenAPI v3 document, ready to send. */
export interface Document {
  readonly json: string;
  /** Of `json`: SHA-512 in capitals. */
  readonly hash: string;
}

/** The path of a group and version below `/openapi/v3/`. */
const pathOf = (apiVersion: string): string =>
  apiVersion.includes('/') ? `apis/${apiVersion}` : `api/${apiVersion}`;

interface Built {
  readonly generation: number;
  readonly documents: Promise<ReadonlyMap<string, Document>>;
  v2?: Promise<Buffer>;
  v2Json?: Promise<Buffer>;
}

const built = new WeakMap<Catalog, Built>();

/** What was built from the catalog as it is now; built again after it has changed. */
function currentOf(catalog: Catalog): Built {
  const known = built.get(catalog);
  if (known?.generation === catalog.generation) return known;
  const current: Built = { generation: catalog.generation, documents: buildDocuments(catalog) };
  built.set(catalog, current);
  return current;
}

/** The documents of all group versions, by their path below `/openapi/v3/`. Made when they are first asked for, and kept. */
export const openApiDocuments = (catalog: Catalog): Promise<ReadonlyMap<string, Document>> =>
  currentOf(catalog).documents;

/** The OpenAPI v2 document of all group versions, in protobuf. Made when it is first asked for, and kept. */
export function openApiV2Document(catalog: Catalog): Promise<Buffer> {
  const current = currentOf(catalog);
  current.v2 ??= current.documents.then((all) => openApiV2([...all.values()].map(({ json }) => json)));
  return current.v2;
}

/** The same document as JSON. */
export function openApiV2Json(catalog: Catalog): Promise<Buffer> {
  const current = currentOf(catalog);
  current.v2Json ??= current.documents.then(buildV2Json);
  return current.v2Json;
}

async function buildV2Json(documents: ReadonlyMap<string, Document>): Promise<Buffer> {
  const parts: V2Part[] = [];
  for (const { json } of documents.values()) {
    parts.push(v2Part(json));
    await setImmediate();
  }
  return Buffer.from(v2Json(parts));
}

async function buildDocuments(catalog: Catalog): Promise<ReadonlyMap<string, Document>> {
  const docs = await loadDocs();
  await setImmediate();
  const documents = new Map<string, Document>();
  for (const apiVersion of groupVersions(catalog)) {
    documents.set(pathOf(apiVersion), buildDocument(resourcesOf(catalog, apiVersion), docs));
    // One at a time, so that other requests are served in between.
    await setImmediate();
  }
  for (const group of new Set(RESOURCES.map((resource) => resource.group))) {
    if (group !== '')
      documents.set(`apis/${group}`, toDocument(groupPath(group), {}, { group, version: 'v1' }, docs));
  }
  return documents;
}

function buildDocument(resources: readonly Resource[], docs: Docs): Document {
  const custom = resources.filter(isCustom);
  const { group, version } = resources[0]!;
  const paths = Object.assign(
    custom.length === resources.length ? {} : groupVersionPath(group, version),
    ...resources.map(resourcePaths),
  ) as object;
  return toDocument(paths, customSchemas(custom), { group, version }, docs);
}

function toDocument(paths: object, schemas: object, groupVersion: GroupVersion, docs: Docs): Document {
  const json = JSON.stringify({
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: KUBERNETES_VERSION.replace(/\.\d+$/, '').slice(1) },
    paths,
    components: {
      schemas: { ...schemas, ...componentSchemas([paths, schemas], groupVersion, docs) },
      securitySchemes: { BearerToken: { type: 'apiKey', name: 'authorization', in: 'header' } },
    },
  });
  return { json, hash: createHash('sha512').update(json).digest('hex').toUpperCase() };
}
