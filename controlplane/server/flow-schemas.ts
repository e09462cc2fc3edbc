import type {
  FlowcontrolV1Subject,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
} from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import type { UserInfo } from '../registry/registry.ts';
import type { Store } from '../store/store.ts';

type FlowSchema = Kinds['flowschemas'];

/** What a request is, to a FlowSchema's rules. */
export type Flow =
  | { readonly verb: string; readonly path: string }
  | {
      readonly verb: string;
      readonly group: string;
      /** With its subresource, as `pods/log`. */
      readonly resource: string;
      readonly namespace: string | undefined;
      readonly path?: undefined;
    };

/** Says which FlowSchema a request belongs to (apiserver `util/flowcontrol`); how many requests there may be, `Traffic` judges. */
export class FlowSchemas {
  readonly #store: Store;
  #sorted: readonly FlowSchema[] | undefined;

  constructor(store: Store) {
    this.#store = store;
    store.watch({ resource: 'flowschemas' }, () => {
      this.#sorted = undefined;
    });
  }

  /** The headers that name the schema and its priority level; none when no schema takes the request. */
  headersOf(user: UserInfo, flow: Flow): Readonly<Record<string, string>> {
    this.#sorted ??= sorted(
      this.#store.list('flowschemas').map(({ object }) => object as unknown as FlowSchema),
    );
    const schema = this.#sorted.find(({ spec }) =>
      (spec?.rules ?? []).some((rule) => takes(rule, user, flow)),
    );
    if (schema === undefined) return {};
    const name = schema.spec?.priorityLevelConfiguration.name ?? '';
    const level = this.#store.get({ resource: 'prioritylevelconfigurations', namespace: '', name });
    return {
      'x-kubernetes-pf-flowschema-uid': schema.metadata.uid,
      'x-kubernetes-pf-prioritylevel-uid': level?.object.metadata.uid ?? '',
    };
  }
}

/** apiserver's default `matchingPrecedence`. */
const DEFAULT_PRECEDENCE = 1000;

const sorted = (schemas: readonly FlowSchema[]): FlowSchema[] =>
  schemas.toSorted((a, b) => precedence(a) - precedence(b) || (a.metadata.name < b.metadata.name ? -1 : 1));

const precedence = ({ spec }: FlowSchema): number => spec?.matchingPrecedence ?? DEFAULT_PRECEDENCE;

const takes = (rule: PolicyRulesWithSubjects, user: UserInfo, flow: Flow): boolean =>
  rule.subjects.some((subject) => isSubject(subject, user)) &&
  (flow.path === undefined
    ? (rule.resourceRules ?? []).some((one) => takesResource(one, flow))
    : (rule.nonResourceRules ?? []).some((one) => takesPath(one, flow)));

const ANY = '*';
const holds = (allowed: readonly string[] | undefined, asked: string): boolean =>
  allowed !== undefined && (allowed.includes(ANY) || allowed.includes(asked));

function isSubject({ kind, user, group, serviceAccount }: FlowcontrolV1Subject, asking: UserInfo): boolean {
  switch (kind) {
    case 'User':
      return user?.name === ANY || user?.name === asking.name;
    case 'Group':
      return group?.name === ANY || asking.groups.includes(group?.name ?? '');
    case 'ServiceAccount': {
      const prefix = `system:serviceaccount:${serviceAccount?.namespace}:`;
      return serviceAccount?.name === ANY
        ? asking.name.startsWith(prefix)
        : asking.name === `${prefix}${serviceAccount?.name}`;
    }
    default:
      return false;
  }
}

const takesResource = (
  rule: ResourcePolicyRule,
  flow: Extract<Flow, { readonly path?: undefined }>,
): boolean =>
  holds(rule.verbs, flow.verb) &&
  holds(rule.apiGroups, flow.group) &&
  holds(rule.resources, flow.resource) &&
  (flow.namespace === undefined ? rule.clusterScope === true : holds(rule.namespaces, flow.namespace));

const takesPath = (
  { verbs, nonResourceURLs }: NonResourcePolicyRule,
  { verb, path }: Extract<Flow, { readonly path: string }>,
): boolean =>
  holds(verbs, verb) &&
  nonResourceURLs.some(
    (url) => url === ANY || url === path || (url.endsWith('/*') && path.startsWith(url.slice(0, -1))),
  );
