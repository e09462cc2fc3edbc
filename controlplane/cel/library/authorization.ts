import type { Authorizer, ResourceAccess } from '../../authorization/authorizer.ts';
import type { UserInfo } from '../../registry/registry.ts';
import type { CostBudget } from '../budget.ts';
import { overload } from '../overload.ts';
import type { Opaque } from '../values.ts';

const PACKAGE = 'kubernetes.authorization';
const AUTHORIZER = `${PACKAGE}.Authorizer`;
const PATH_CHECK = `${PACKAGE}.PathCheck`;
const GROUP_CHECK = `${PACKAGE}.GroupCheck`;
const RESOURCE_CHECK = `${PACKAGE}.ResourceCheck`;
const DECISION = `${PACKAGE}.Decision`;

export const AUTHORIZATION_TYPES = [AUTHORIZER, PATH_CHECK, GROUP_CHECK, RESOURCE_CHECK, DECISION] as const;

/** The variable `authorizer`: what a user may do. */
export class AuthorizerValue implements Opaque {
  readonly celType = AUTHORIZER;
  readonly authorizer: Authorizer;
  readonly user: UserInfo;
  constructor(authorizer: Authorizer, user: UserInfo) {
    this.authorizer = authorizer;
    this.user = user;
  }
}

interface PathCheck extends Opaque {
  readonly by: AuthorizerValue;
  readonly path: string;
}

interface ResourceCheck extends Opaque {
  readonly by: AuthorizerValue;
  readonly access: Omit<ResourceAccess, 'verb'>;
}

interface Decision extends Opaque {
  readonly allowed: boolean;
  readonly reason: string;
}

const NOTHING = { group: '', version: '*', resource: '', subresource: '', namespace: '', name: '' };

/** Plain objects are taken for data, so that these get a prototype. */
const opaque = <T extends object>(value: T): T => Object.assign(Object.create(OPAQUE) as T, value);
const OPAQUE = {};

const withAccess = (
  { by, access }: ResourceCheck,
  celType: string,
  more: Partial<ResourceAccess>,
): ResourceCheck => opaque({ celType, by, access: { ...access, ...more } });

function serviceAccount({ authorizer }: AuthorizerValue, namespace: string, name: string): AuthorizerValue {
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
  return new AuthorizerValue(authorizer, { name: `system:serviceaccount:${namespace}:${name}`, groups });
}

/** What a check costs (apiserver `pkg/cel/library/cost.go`). */
const CHECK_COST = 350_000;

function decide(
  by: AuthorizerValue,
  asked: ResourceAccess | { verb: string; path: string },
  budget: CostBudget,
): Decision {
  budget.spend(CHECK_COST);
  const { allowed, reason } = by.authorizer.authorize({ user: by.user, ...asked });
  return opaque({ celType: DECISION, allowed, reason });
}

const setter = (field: 'subresource' | 'namespace' | 'name') =>
  overload(
    `${RESOURCE_CHECK}.${field}(string): ${RESOURCE_CHECK}`,
    ([check, value]: [ResourceCheck, string]) => withAccess(check, RESOURCE_CHECK, { [field]: value }),
  );

/** apiserver `pkg/cel/library/authz.go`. */
export const AUTHORIZATION = [
  overload(`${AUTHORIZER}.path(string): ${PATH_CHECK}`, ([by, path]: [AuthorizerValue, string]) =>
    opaque({ celType: PATH_CHECK, by, path }),
  ),
  overload(`${AUTHORIZER}.group(string): ${GROUP_CHECK}`, ([by, group]: [AuthorizerValue, string]) =>
    opaque({ celType: GROUP_CHECK, by, access: { ...NOTHING, group } }),
  ),
  overload(
    `${AUTHORIZER}.serviceAccount(string, string): ${AUTHORIZER}`,
    ([by, namespace, name]: [AuthorizerValue, string, string]) => serviceAccount(by, namespace, name),
  ),
  overload(
    `${GROUP_CHECK}.resource(string): ${RESOURCE_CHECK}`,
    ([check, resource]: [ResourceCheck, string]) => withAccess(check, RESOURCE_CHECK, { resource }),
  ),
  setter('subresource'),
  setter('namespace'),
  setter('name'),
  overload(`${PATH_CHECK}.check(string): ${DECISION}`, ([{ by, path }, verb]: [PathCheck, string], budget) =>
    decide(by, { verb, path }, budget),
  ),
  overload(
    `${RESOURCE_CHECK}.check(string): ${DECISION}`,
    ([{ by, access }, verb]: [ResourceCheck, string], budget) => decide(by, { ...access, verb }, budget),
  ),
  overload(`${DECISION}.allowed(): bool`, ([{ allowed }]: [Decision]) => allowed),
  overload(`${DECISION}.reason(): string`, ([{ reason }]: [Decision]) => reason),
  overload(`${DECISION}.errored(): bool`, () => false),
  overload(`${DECISION}.error(): string`, () => ''),
];
