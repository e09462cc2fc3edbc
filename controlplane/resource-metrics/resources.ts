import type { Resource } from '#api/resources.ts';

const METRICS_GROUP = 'metrics.k8s.io';

const common = {
  group: METRICS_GROUP,
  version: 'v1beta1',
  shortNames: [],
  categories: [],
  verbs: ['get', 'list'],
  subresources: [],
  isStorageVersion: true,
} as const;

const type = (own: object): object => ({
  type: 'object',
  properties: {
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: { type: 'object' },
    timestamp: { type: 'string', format: 'date-time' },
    window: { type: 'string' },
    ...own,
  },
});
const usage = { type: 'object', additionalProperties: { type: 'string' } };
const container = { type: 'object', properties: { name: { type: 'string' }, usage } };

/** metrics.k8s.io, which in other clusters a metrics-server adds: what Pods and nodes use at this moment. Nothing of it is stored. */
export const METRICS_RESOURCES: readonly Resource[] = [
  {
    ...common,
    name: 'nodes',
    kind: 'NodeMetrics',
    singular: '',
    namespaced: false,
    type: 'NodeMetrics',
    listType: 'NodeMetricsList',
    storage: 'nodes.metrics.k8s.io',
    openApiSchema: { ...type({ usage }) },
  },
  {
    ...common,
    name: 'pods',
    kind: 'PodMetrics',
    singular: '',
    namespaced: true,
    type: 'PodMetrics',
    listType: 'PodMetricsList',
    storage: 'pods.metrics.k8s.io',
    openApiSchema: { ...type({ containers: { type: 'array', items: container } }) },
  },
];
