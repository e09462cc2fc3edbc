import { createHash } from 'node:crypto';
import { KUBERNETES_VERSION } from '#api/names.ts';
import type { Resource } from '#api/resources.ts';
import type { Catalog } from '../../registry/catalog.ts';
import { groupVersions, resourcesOf } from '../discovery/groups.ts';
import { resourcePaths } from './paths.ts';
import type { Docs } from './field-docs.ts';
import { componentSchemas } from './schemas.ts';
import { customSchemas, isCustom } from './custom-schemas.ts';
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

interface Built {
  readonly generation: number;
  readonly documents: Promise<ReadonlyMap<string, Document>>;
  v2?: Promise<Buffer>;
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

async function buildDocuments(catalog: Catalog): Promise<ReadonlyMap<string, Document>> {
  const { default: docs } = await import('#api/gen/docs.json', { with: { type: 'json' } });
  return new Map(
    groupVersions(catalog).map((apiVersion) => [
      pathOf(apiVersion),
      buildDocument(resourcesOf(catalog, apiVersion), docs),
    ]),
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
  const types = resources
    .filter((resource) => !isCustom(resource))
    .flatMap((resource) => [
      resource.type,
      ...(resource.verbs.includes('list') ? [resource.listType] : []),
      ...resource.subresources.flatMap((subresource) => SUBRESOURCE_TYPES[subresource] ?? []),
    ]);
  const json = JSON.stringify({
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: KUBERNETES_VERSION.replace(/\.\d+$/, '').slice(1) },
    paths: Object.assign({}, ...resources.map(resourcePaths)) as object,
    components: {
      schemas: {
        ...customSchemas(resources.filter(isCustom)),
        ...componentSchemas(
          [
            ...types,
            ...(resources.some(isCustom) ? ['ListMeta', 'ObjectMeta', 'Scale'] : []),
            ...COMMON_TYPES,
          ],
          docs,
        ),
      },
    },
  });
  return { json, hash: createHash('sha512').update(json).digest('hex').toUpperCase() };
}
