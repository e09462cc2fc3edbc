import type { SigningRequest } from '../../pki/signing-request.ts';

type Check = (request: SigningRequest, usages: readonly string[]) => string | undefined;

/** What each signer of the cluster's authority refuses to sign, and why; undefined: it signs. Others' signers are not here. */
export const SIGNERS: { readonly [signerName: string]: Check } = {
  'kubernetes.io/kube-apiserver-client': (_, usages) => clientUsageProblem(usages),
  'kubernetes.io/kube-apiserver-client-kubelet': (request, usages) =>
    nodeProblem(request) ??
    forbiddenNames(request, { dns: 'DNS', email: 'Email', ip: 'IP', url: 'URI' }) ??
    usageProblem(usages, 'client auth'),
  'kubernetes.io/kubelet-serving': (request, usages) =>
    organizationProblem(request) ??
    (request.alternativeNames.some(({ type }) => type === 'dns' || type === 'ip')
      ? undefined
      : 'DNS or IP subjectAltName is required') ??
    forbiddenNames(request, { email: 'Email', url: 'URI' }) ??
    usageProblem(usages, 'server auth') ??
    commonNameProblem(request),
};

const OPTIONAL = ['digital signature', 'key encipherment'];

function clientUsageProblem(usages: readonly string[]): string | undefined {
  const other = usages.find((usage) => usage !== 'client auth' && !OPTIONAL.includes(usage));
  if (other !== undefined) return `invalid usage for client certificate: ${other}`;
  return usages.includes('client auth')
    ? undefined
    : 'missing required usage for client certificate: client auth';
}

const nodeProblem = (request: SigningRequest): string | undefined =>
  organizationProblem(request) ?? commonNameProblem(request);

const organizationProblem = ({ organizations }: SigningRequest): string | undefined =>
  organizations.length === 1 && organizations[0] === 'system:nodes'
    ? undefined
    : 'subject organization is not system:nodes';

const commonNameProblem = ({ commonName }: SigningRequest): string | undefined =>
  commonName.startsWith('system:node:') ? undefined : 'subject common name does not begin with system:node:';

function forbiddenNames(
  { alternativeNames }: SigningRequest,
  kinds: { readonly [type: string]: string },
): string | undefined {
  const found = Object.entries(kinds).find(([type]) => alternativeNames.some((name) => name.type === type));
  return found === undefined ? undefined : `${found[1]} subjectAltNames are not allowed`;
}

/** With or without key encipherment, which only RSA keys need. */
function usageProblem(usages: readonly string[], purpose: string): string | undefined {
  const needed = ['digital signature', purpose];
  const isExact =
    needed.every((usage) => usages.includes(usage)) &&
    usages.every((usage) => needed.includes(usage) || usage === 'key encipherment');
  return isExact ? undefined : `usages did not match [${needed.join(' ')}]`;
}
