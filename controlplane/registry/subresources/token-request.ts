import { rfc3339 } from '#api/clock.ts';
import type { AuthenticationV1TokenRequest, BoundObjectReference, TokenRequestSpec } from '#api/gen/types.ts';
import type { Kinds, KubeObject } from '#api/resources.ts';
import { invalid, StatusError, type FieldError } from '#api/status.ts';
import { API_AUDIENCES } from '../../authentication/service-account-tokens.ts';
import type { AccountReferences, ObjectReference } from '../../authentication/service-account-user.ts';
import type { Entry } from '../../store/store.ts';
import { admissionRequest, groupResource } from '../create.ts';
import { decodeAs } from '../decode/decode.ts';
import { entryOf, keyOf, type Environment } from '../environment.ts';
import type { NamedTarget, WriteOptions } from '../registry.ts';

const KIND = { kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1' };
const GROUP_KIND = { group: 'authentication.k8s.io', kind: 'TokenRequest' };

const DEFAULT_SECONDS = 3600;
const MIN_SECONDS = 600;
const MAX_SECONDS = 2 ** 32;
/**
 * What the volume that every Pod gets asks for: clients from before tokens ended do not read it again, so it is good for a year, and only
 * its use after this time is worth a warning (`WarnOnlyBoundTokenExpirationSeconds`, `ExpirationExtensionSeconds`).
 */
const WARN_ONLY_SECONDS = 3607;
const EXTENDED_SECONDS = 365 * 24 * 3600;

/** POST of `serviceaccounts/NAME/token` (`pkg/registry/core/serviceaccount/storage/token.go`): the request, with its token. */
export async function requestToken(
  environment: Environment,
  target: NamedTarget,
  body: unknown,
  options: WriteOptions,
): Promise<Entry> {
  const { store, clock, authentication, admission } = environment;
  const decoded = decodeAs('AuthenticationV1TokenRequest', KIND, GROUP_KIND.group, body, options);
  const { metadata = {}, spec: given } = decoded as Partial<AuthenticationV1TokenRequest>;
  const { name, namespace = '' } = target;
  refuse(name, nameProblems(metadata, name, namespace));
  const account = store.get(keyOf(target, name))?.object;
  if (account === undefined) throw StatusError.notFound(groupResource(target), name);
  const spec = withDefaults(given);
  const now = clock.now();
  const request = {
    ...KIND,
    metadata: { ...metadata, name, namespace, creationTimestamp: rfc3339(now) },
    spec,
  };
  refuse('', specProblems(spec));
  const attributes = admissionRequest('CREATE', target, request as unknown as KubeObject, undefined, options);
  await admission.admit(attributes);
  await admission.validate(attributes);

  const references = referencesOf(environment, account, spec.boundObjectRef);
  const expirationTimestamp = rfc3339(now + spec.expirationSeconds * 1000);
  if (options.dryRun)
    return entryOf({ ...request, status: { token: '', expirationTimestamp } } as unknown as KubeObject);
  const token = await authentication.tokens.issue({
    references,
    audiences: spec.audiences,
    ...lifeOf(spec, references),
  });
  return entryOf({ ...request, status: { token, expirationTimestamp } } as unknown as KubeObject);
}

type Spec = TokenRequestSpec & Required<Pick<TokenRequestSpec, 'audiences' | 'expirationSeconds'>>;

function withDefaults(spec: Partial<TokenRequestSpec> = {}): Spec {
  const { audiences = [], expirationSeconds = DEFAULT_SECONDS } = spec;
  return { ...spec, audiences: audiences.length === 0 ? [...API_AUDIENCES] : audiences, expirationSeconds };
}

function nameProblems(
  metadata: { name?: string; namespace?: string },
  name: string,
  namespace: string,
): FieldError[] {
  const errors: FieldError[] = [];
  if (metadata.name && metadata.name !== name) {
    errors.push(invalid('metadata.name', metadata.name, 'must match the service account name if specified'));
  }
  if (metadata.namespace && metadata.namespace !== namespace) {
    const why = 'must match the service account namespace if specified';
    errors.push(invalid('metadata.namespace', metadata.namespace, why));
  }
  return errors;
}

/** `pkg/apis/authentication/validation` `ValidateTokenRequest`. */
function specProblems({ expirationSeconds }: Spec): FieldError[] {
  const field = 'spec.expirationSeconds';
  if (expirationSeconds < MIN_SECONDS) {
    return [invalid(field, expirationSeconds, 'may not specify a duration less than 10 minutes')];
  }
  if (expirationSeconds > MAX_SECONDS) {
    return [invalid(field, expirationSeconds, 'may not specify a duration larger than 2^32 seconds')];
  }
  return [];
}

function refuse(name: string, errors: FieldError[]): void {
  if (errors.length > 0) throw StatusError.invalid(GROUP_KIND, name, errors);
}

function lifeOf(
  { expirationSeconds, audiences }: Spec,
  { pod }: AccountReferences,
): { expirationSeconds: number; warnAfterSeconds?: number } {
  const isForServer = audiences.every((audience) => API_AUDIENCES.includes(audience));
  return pod !== undefined && expirationSeconds === WARN_ONLY_SECONDS && isForServer
    ? { expirationSeconds: EXTENDED_SECONDS, warnAfterSeconds: expirationSeconds }
    : { expirationSeconds };
}

const referenceTo = ({ metadata: { name, uid } }: KubeObject): ObjectReference => ({ name, uid });

/** Throws when the token is to be bound to what is not there, or is another's. */
function referencesOf(
  environment: Environment,
  account: KubeObject,
  bound: BoundObjectReference | undefined,
): AccountReferences {
  const namespace = account.metadata.namespace ?? '';
  const references = { namespace, serviceaccount: referenceTo(account) };
  if (bound === undefined) return references;
  const { apiVersion = '', kind = '', name = '' } = bound;
  if (apiVersion !== 'v1' || !['Pod', 'Node', 'Secret'].includes(kind)) {
    throw StatusError.badRequest(`cannot bind token to object of type ${typeText(apiVersion, kind)}`);
  }
  const resource = `${kind.toLowerCase()}s`;
  const object = environment.store.get({
    resource,
    namespace: kind === 'Node' ? '' : namespace,
    name,
  })?.object;
  if (object === undefined) throw StatusError.notFound({ group: '', resource }, name);
  if (kind === 'Pod') checkAccount(object, account.metadata.name);
  checkUid(bound, object);
  if (kind === 'Secret') return { ...references, secret: referenceTo(object) };
  if (kind === 'Node') return { ...references, node: referenceTo(object) };
  return {
    ...references,
    pod: referenceTo(object),
    ...nodeOf(environment, object),
  };
}

function checkAccount({ spec }: Kinds['pods'], account: string): void {
  if (spec?.serviceAccountName === account) return;
  throw StatusError.badRequest(
    `cannot bind token for serviceaccount ${JSON.stringify(account)} to pod running with different serviceaccount name.`,
  );
}

function checkUid({ uid = '', kind = '', name = '' }: BoundObjectReference, object: KubeObject): void {
  if (uid === '' || uid === object.metadata.uid) return;
  throw StatusError.conflict(
    { group: '', resource: kind },
    name,
    `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
  );
}

/** The node that the Pod is bound to, if it is there. */
function nodeOf({ store }: Environment, { spec }: Kinds['pods']): { node?: ObjectReference } {
  const name = spec?.nodeName ?? '';
  const node = name === '' ? undefined : store.get({ resource: 'nodes', namespace: '', name })?.object;
  return node === undefined ? {} : { node: referenceTo(node) };
}

/** As Go prints a `GroupVersionKind`. */
function typeText(apiVersion: string, kind: string): string {
  const [version = '', group = ''] = apiVersion.split('/').toReversed();
  return `${group}/${version}, Kind=${kind}`;
}
