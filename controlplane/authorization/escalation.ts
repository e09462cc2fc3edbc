import type { PolicyRule } from '#api/gen/types.ts';
import type { UserInfo } from '../registry/registry.ts';
import type { HeldRules, PathAccess, ResourceAccess } from './authorizer.ts';
import type { Rules } from './grants.ts';
import { ruleAllows } from './rules.ts';

/** One thing that a rule gives, and how it is written when it is all that a rule gives. */
interface Atom {
  readonly access: ResourceAccess | PathAccess;
  readonly subject: string;
}

/**
 * Why the user may not give these rules to anybody: what of them the user does not hold. undefined when nothing is missing (Kubernetes
 * `pkg/registry/rbac/validation` `ConfirmNoEscalation`).
 */
export function escalationProblem(user: UserInfo, held: HeldRules, wanted: Rules): string | undefined {
  const missing = wanted
    .flatMap(atomsOf)
    .filter(({ access }) => !held.rules.some((rule) => ruleAllows(rule, access)));
  if (missing.length === 0) return undefined;
  const errors = held.error === '' ? '' : `; resolution errors: ${held.error}`;
  const who = `user ${JSON.stringify(user.name)} (groups=${quoted(user.groups)})`;
  return `${who} is attempting to grant RBAC permissions not currently held:\n${describe(missing)}${errors}`;
}

function atomsOf({
  apiGroups = [],
  resources = [],
  resourceNames = [],
  nonResourceURLs = [],
  verbs,
}: PolicyRule): Atom[] {
  const names = resourceNames.length === 0 ? [''] : resourceNames;
  const ofResources = apiGroups.flatMap((group) =>
    resources.flatMap((resource) =>
      names.flatMap((name) => verbs.map((verb) => resourceAtom(group, resource, name, verb))),
    ),
  );
  const ofPaths = nonResourceURLs.flatMap((path) =>
    verbs.map((verb) => ({ access: { verb, path }, subject: `NonResourceURLs:${quoted([path])}` })),
  );
  return [...ofResources, ...ofPaths];
}

function resourceAtom(group: string, what: string, name: string, verb: string): Atom {
  const [resource = '', ...rest] = what.split('/');
  const names = name === '' ? '' : `, ResourceNames:${quoted([name])}`;
  return {
    access: { verb, group, version: '*', resource, subresource: rest.join('/'), namespace: '', name },
    subject: `APIGroups:${quoted([group])}, Resources:${quoted([what])}${names}`,
  };
}

/** As Kubernetes' `CompactRules` and `CompactString`: the verbs for one thing together, a line for each. */
function describe(missing: readonly Atom[]): string {
  const verbs = new Map<string, Set<string>>();
  for (const { access, subject } of missing) {
    verbs.set(subject, (verbs.get(subject) ?? new Set()).add(access.verb));
  }
  return [...verbs]
    .map(([subject, each]) => `{${subject}, Verbs:${quoted([...each])}}`)
    .toSorted((a, b) => (a < b ? -1 : 1))
    .join('\n');
}

const quoted = (texts: readonly string[]): string =>
  `[${texts.map((text) => JSON.stringify(text)).join(' ')}]`;
