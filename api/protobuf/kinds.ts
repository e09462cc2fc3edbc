import { apiVersionOf, RESOURCES } from '../resources.ts';

/** Kinds that are not resources of their own, by `apiVersion/kind`, with their type's name. */
const OTHERS: ReadonlyMap<string, string> = new Map([
  ['autoscaling/v1/Scale', 'Scale'],
  ['policy/v1/Eviction', 'Eviction'],
  ['authentication.k8s.io/v1/TokenRequest', 'AuthenticationV1TokenRequest'],
  ['v1/Status', 'Status'],
  ['v1/APIVersions', 'APIVersions'],
  // Of the answers of discovery, these say no version.
  ['/APIVersions', 'APIVersions'],
  ['/APIResourceList', 'APIResourceList'],
  ['v1/APIGroupList', 'APIGroupList'],
  ['v1/APIGroup', 'APIGroup'],
  ['v1/APIResourceList', 'APIResourceList'],
  ['meta.k8s.io/v1/PartialObjectMetadata', 'PartialObjectMetadata'],
  ['meta.k8s.io/v1/PartialObjectMetadataList', 'PartialObjectMetadataList'],
  ['meta.k8s.io/v1beta1/PartialObjectMetadata', 'PartialObjectMetadata'],
  ['meta.k8s.io/v1beta1/PartialObjectMetadataList', 'PartialObjectMetadataList'],
]);

const types: ReadonlyMap<string, string> = new Map([
  ...RESOURCES.flatMap((resource) => {
    const kind = `${apiVersionOf(resource)}/${resource.kind}`;
    return [[kind, resource.type] as const, [`${kind}List`, resource.listType] as const];
  }),
  ...OTHERS,
]);

/** The name in the field table of a kind that can be written as protobuf; undefined for every other, such as custom resources. */
export function protobufType(apiVersion: string, kind: string): string | undefined {
  // Registered in the version of every group, whichever the deleted object's is.
  return kind === 'DeleteOptions' ? kind : types.get(`${apiVersion}/${kind}`);
}
