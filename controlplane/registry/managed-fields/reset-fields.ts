import type { Resource } from '#api/resources.ts';
import type { FieldSet, MutableSet } from './field-set.ts';
import { isEmpty, union, without } from './field-set.ts';

/** Which fields of a set a write can own: all but those that the kind's strategy sets back. */
export type Ownable = (fields: FieldSet) => FieldSet;

/** What nobody owns (apimachinery's `stripmeta.go`). */
const STRIPPED: FieldSet = {
  'f:apiVersion': {},
  'f:kind': {},
  'f:metadata': {
    'f:name': {},
    'f:namespace': {},
    'f:creationTimestamp': {},
    'f:selfLink': {},
    'f:uid': {},
    'f:generation': {},
    'f:managedFields': {},
    'f:resourceVersion': {},
  },
};

const fields = (...paths: string[]): FieldSet =>
  paths
    .map((path) => path.split('.').reduceRight<FieldSet>((below, name) => ({ [`f:${name}`]: below }), {}))
    .reduce(union);

/** `GetResetFields` of the status strategies that reset more than the spec (`pkg/registry/<group>/<kind>/strategy.go`). */
const STATUS_RESETS: Readonly<Record<string, FieldSet>> = {
  apiservices: fields('metadata', 'spec'),
  certificatesigningrequests: fields('spec', 'status.conditions'),
  customresourcedefinitions: fields('metadata', 'spec'),
  deployments: fields('spec', 'metadata.labels'),
  flowschemas: fields('metadata', 'spec'),
  pods: fields('spec', 'metadata.deletionTimestamp', 'metadata.ownerReferences'),
  prioritylevelconfigurations: fields('metadata', 'spec'),
  resourceclaims: fields('metadata', 'spec'),
  validatingadmissionpolicies: fields('metadata', 'spec'),
  volumeattachments: fields('metadata', 'spec'),
};

const SPEC = fields('spec');
const STATUS = fields('status');
const OF_CUSTOM_STATUS = fields('metadata', 'spec');
const APPROVAL = fields('spec', 'status.certificate');

const except =
  (reset: FieldSet): Ownable =>
  (set) =>
    without(set, reset);

const all: Ownable = (set) => set;

/** The fields of `set` at these paths and below; `*` stands for any element. */
function only(paths: readonly (readonly string[])[]): Ownable {
  return (set) => paths.map((path) => below(set, path)).reduce(union);
}

function below(set: FieldSet, path: readonly string[]): FieldSet {
  const [head, ...rest] = path;
  if (head === undefined) return set;
  const result: MutableSet = {};
  for (const [element, node] of Object.entries(set)) {
    if (element === '.' || (head !== '*' && element !== head)) continue;
    const kept = rest.length === 0 ? node : below(node, rest);
    if (rest.length === 0 || !isEmpty(kept)) result[element] = kept;
  }
  return result;
}

const RESIZE = only(
  ['f:containers', 'f:initContainers'].flatMap((list) =>
    ['f:resources', 'f:resizePolicy'].map((field) => ['f:spec', list, '*', field]),
  ),
);
const EPHEMERAL = only([['f:spec', 'f:ephemeralContainers']]);

const made = new WeakMap<Resource, Map<string, Ownable>>();

/** `hasStatus`: the kind has a status subresource. */
export function ownableBy(resource: Resource, subresource: string, hasStatus: boolean): Ownable {
  const known = made.get(resource) ?? new Map<string, Ownable>();
  made.set(resource, known);
  const key = `${subresource}/${String(hasStatus)}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const part = partOf(resource, subresource, hasStatus);
  const ownable: Ownable = (set) => part(without(set, STRIPPED));
  known.set(key, ownable);
  return ownable;
}

function partOf({ storage }: Resource, subresource: string, hasStatus: boolean): Ownable {
  switch (subresource) {
    case 'status':
      return except(STATUS_RESETS[storage] ?? (storage.includes('.') ? OF_CUSTOM_STATUS : SPEC));
    case 'approval':
      return except(APPROVAL);
    case 'ephemeralcontainers':
      return EPHEMERAL;
    case 'resize':
      return RESIZE;
    default:
      return hasStatus ? except(STATUS) : all;
  }
}
