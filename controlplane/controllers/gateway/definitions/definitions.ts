import type { CustomResourceColumnDefinition, CustomResourceDefinitionVersion } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import type { Unstored } from '../../../client.ts';
import { gatewayClassSchema } from './gateway-class.ts';
import { gatewaySchema } from './gateway.ts';
import { httpRouteSchema } from './http-route.ts';
import { referenceGrantSchema } from './reference-grant.ts';
import type { Schema } from './schema.ts';

type Definition = Unstored<Kinds['customresourcedefinitions']> & { metadata: { name: string } };
type Column = CustomResourceColumnDefinition;

export const GATEWAY_GROUP = 'gateway.networking.k8s.io';
/** The release of the Gateway API whose standard channel these definitions are like. */
const BUNDLE_VERSION = 'v1.4.0';

export const GATEWAY_CLASSES = `gatewayclasses.${GATEWAY_GROUP}`;
export const GATEWAYS = `gateways.${GATEWAY_GROUP}`;
export const HTTP_ROUTES = `httproutes.${GATEWAY_GROUP}`;
export const REFERENCE_GRANTS = `referencegrants.${GATEWAY_GROUP}`;

const AGE: Column = { jsonPath: '.metadata.creationTimestamp', name: 'Age', type: 'date' };
const column = (name: string, jsonPath: string, more: Partial<Column> = {}): Column => ({
  name,
  jsonPath,
  type: 'string',
  ...more,
});
const status = (type: string): Column => column(type, `.status.conditions[?(@.type=="${type}")].status`);

interface Shape {
  readonly kind: string;
  readonly plural: string;
  readonly shortNames: string[];
  readonly scope: 'Cluster' | 'Namespaced';
  /** The one in which objects are kept first. */
  readonly versions: readonly string[];
  readonly schema: Schema;
  readonly columns: Column[];
  readonly hasStatus: boolean;
}

const SHAPES: readonly Shape[] = [
  {
    kind: 'GatewayClass',
    plural: 'gatewayclasses',
    shortNames: ['gc'],
    scope: 'Cluster',
    versions: ['v1', 'v1beta1'],
    schema: gatewayClassSchema,
    columns: [
      column('Controller', '.spec.controllerName'),
      status('Accepted'),
      AGE,
      column('Description', '.spec.description', { priority: 1 }),
    ],
    hasStatus: true,
  },
  {
    kind: 'Gateway',
    plural: 'gateways',
    shortNames: ['gtw'],
    scope: 'Namespaced',
    versions: ['v1', 'v1beta1'],
    schema: gatewaySchema,
    columns: [
      column('Class', '.spec.gatewayClassName'),
      column('Address', '.status.addresses[*].value'),
      status('Programmed'),
      AGE,
    ],
    hasStatus: true,
  },
  {
    kind: 'HTTPRoute',
    plural: 'httproutes',
    shortNames: [],
    scope: 'Namespaced',
    versions: ['v1', 'v1beta1'],
    schema: httpRouteSchema,
    columns: [column('Hostnames', '.spec.hostnames'), AGE],
    hasStatus: true,
  },
  {
    kind: 'ReferenceGrant',
    plural: 'referencegrants',
    shortNames: ['refgrant'],
    scope: 'Namespaced',
    // Later releases serve v1 as well. What is stored stays v1beta1, so that the definitions of earlier ones can take the place of this.
    versions: ['v1beta1', 'v1'],
    schema: referenceGrantSchema,
    columns: [AGE],
    hasStatus: false,
  },
];

/**
 * What every cluster has of the Gateway API from its start, as far as podlab serves it. They look as if `kubectl apply` had made them, so that whoever
 * applies the project's own definitions replaces these without a warning, and on the server's side without a conflict over who owns what.
 */
export const definitions = (): Definition[] => SHAPES.map(definitionOf).map(asApplied);

const definitionOf = (shape: Shape): Definition => ({
  metadata: {
    name: `${shape.plural}.${GATEWAY_GROUP}`,
    annotations: {
      'api-approved.kubernetes.io': 'https://github.com/kubernetes-sigs/gateway-api/pull/2466',
      'gateway.networking.k8s.io/bundle-version': BUNDLE_VERSION,
      'gateway.networking.k8s.io/channel': 'standard',
    },
  },
  spec: {
    group: GATEWAY_GROUP,
    names: {
      kind: shape.kind,
      listKind: `${shape.kind}List`,
      plural: shape.plural,
      singular: shape.kind.toLowerCase(),
      categories: ['gateway-api'],
      ...(shape.shortNames.length === 0 ? {} : { shortNames: shape.shortNames }),
    },
    scope: shape.scope,
    versions: shape.versions.map((name, index) => versionOf(shape, name, index === 0)),
  },
});

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

function asApplied(definition: Definition): Definition {
  const { metadata, spec } = definition;
  const applied = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata,
    spec,
  };
  const annotations = { ...metadata.annotations, [LAST_APPLIED]: JSON.stringify(applied) };
  return { ...definition, metadata: { ...metadata, annotations } };
}

function versionOf(shape: Shape, name: string, isStorage: boolean): CustomResourceDefinitionVersion {
  return {
    name,
    served: true,
    storage: isStorage,
    additionalPrinterColumns: shape.columns,
    schema: { openAPIV3Schema: shape.schema },
    ...(shape.hasStatus ? { subresources: { status: {} } } : {}),
  };
}
