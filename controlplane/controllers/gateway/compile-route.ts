import type { HttpAttachment, HttpRoute } from '#api/http-routes.ts';
import { labelSelectorMatcher } from '#api/selectors.ts';
import type { JudgedListener } from './compile-listeners.ts';
import { listenerName } from './compile-listeners.ts';
import { compileRule, type RouteProblems } from './compile-rule.ts';
import { isFalse, isTrue, type Verdict } from './conditions.ts';
import { GATEWAY_GROUP } from './definitions/definitions.ts';
import { commonHosts } from './hostnames.ts';
import type { Listener, ParentReference, Route } from './types.ts';
import type { World } from './world.ts';

export interface JudgedRoute {
  readonly route: Route;
  /** What the nodes serve; undefined: no listener has it. */
  readonly entry: HttpRoute | undefined;
  /** Names of the listeners that it is attached to. */
  readonly attached: ReadonlySet<string>;
  /** Of the parents that are Gateways of podlab's. */
  readonly parents: readonly { readonly parentRef: ParentReference; readonly verdicts: readonly Verdict[] }[];
}

/** `gateways`: the listeners of podlab's Gateways, by `namespace/name`. */
export function judgeRoute(
  route: Route,
  gateways: ReadonlyMap<string, readonly JudgedListener[]>,
  world: World,
): JudgedRoute {
  const attachments = new Map<string, HttpAttachment>();
  const parents = (route.spec.parentRefs ?? []).flatMap((parentRef) => {
    const listeners = gatewayOf(route, parentRef, gateways);
    if (listeners === undefined) return [];
    const { refusal, found } = attach(route, parentRef, listeners, world);
    for (const one of found) attachments.set(one.listener, one);
    return [{ parentRef, refusal, found }];
  });
  const problems: RouteProblems = { unsupported: undefined, unresolved: undefined };
  const rules = (route.spec.rules ?? []).map((rule) =>
    compileRule(route, rule, [...attachments.values()], world, problems),
  );
  const isServed = problems.unsupported === undefined && attachments.size > 0;
  return {
    route,
    attached: new Set(isServed ? attachments.keys() : []),
    entry: isServed
      ? {
          kind: 'route',
          name: `HTTPRoute/${route.metadata.namespace}/${route.metadata.name}`,
          created: Date.parse(route.metadata.creationTimestamp),
          rules,
          certificates: [],
        }
      : undefined,
    parents: parents.map(({ parentRef, refusal }) => ({
      parentRef,
      verdicts: [
        refusal ?? problems.unsupported ?? isTrue('Accepted', 'Accepted', 'Route is accepted'),
        problems.unresolved ?? isTrue('ResolvedRefs', 'ResolvedRefs', 'All references were resolved'),
      ],
    })),
  };
}

function gatewayOf(
  route: Route,
  { group = GATEWAY_GROUP, kind = 'Gateway', namespace, name }: ParentReference,
  gateways: ReadonlyMap<string, readonly JudgedListener[]>,
): readonly JudgedListener[] | undefined {
  if (group !== GATEWAY_GROUP || kind !== 'Gateway') return undefined;
  return gateways.get(`${namespace ?? route.metadata.namespace}/${name}`);
}

const refuse = (reason: string, message: string): { refusal: Verdict; found: HttpAttachment[] } => ({
  refusal: isFalse('Accepted', reason, message),
  found: [],
});

/** Which of a Gateway's listeners a route gets to, or why to none. */
function attach(
  route: Route,
  { sectionName, port }: ParentReference,
  listeners: readonly JudgedListener[],
  world: World,
): { refusal: Verdict | undefined; found: HttpAttachment[] } {
  const named = listeners.filter(
    ({ listener }) =>
      (sectionName === undefined || listener.name === sectionName) &&
      (port === undefined || listener.port === port),
  );
  if (named.length === 0) return refuse('NoMatchingParent', 'No listener has this sectionName and port');
  const allowing = named.filter(
    ({ gateway, listener, supportedKinds }) =>
      supportedKinds.some(({ kind }) => kind === 'HTTPRoute') &&
      allowsNamespace(listener, gateway.metadata.namespace!, route.metadata.namespace!, world),
  );
  if (allowing.length === 0)
    return refuse('NotAllowedByListeners', 'The listeners allow no such route of this namespace');
  const found = allowing.flatMap(({ gateway, listener }): HttpAttachment[] => {
    const hosts = commonHosts(listener.hostname ?? '', route.spec.hostnames ?? []);
    return hosts.length === 0 ? [] : [{ listener: listenerName(gateway, listener.name), hosts }];
  });
  if (found.length === 0)
    return refuse('NoMatchingListenerHostname', 'No hostname of the route is one of a listener');
  return { refusal: undefined, found };
}

function allowsNamespace({ allowedRoutes }: Listener, own: string, other: string, world: World): boolean {
  const { from = 'Same', selector } = allowedRoutes?.namespaces ?? {};
  if (from === 'All') return true;
  if (from === 'Same') return own === other;
  if (from !== 'Selector' || selector === undefined) return false;
  try {
    return labelSelectorMatcher(selector)(world.namespaceLabels(other));
  } catch {
    // The definition does not know operators: one that there is not selects nothing.
    return false;
  }
}
