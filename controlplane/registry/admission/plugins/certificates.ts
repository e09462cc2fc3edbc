import { deepEqual } from '#api/equal.ts';
import type { Kinds } from '#api/resources.ts';
import { invalid, StatusError } from '#api/status.ts';
import { readSigningRequest } from '../../../pki/signing-request.ts';
import type { AdmissionPlugin, AdmissionRequest, AdmissionTools } from '../admission.ts';

type Request = Kinds['certificatesigningrequests'];

const CLIENT_SIGNER = 'kubernetes.io/kube-apiserver-client';
const PRIVILEGED = 'system:masters';

const concerns = ({ resource }: AdmissionRequest): boolean =>
  resource.storage === 'certificatesigningrequests';

/** Who approves or denies must be allowed to for the signer (`plugin/pkg/admission/certificates/approval`). */
export const certificateApproval: AdmissionPlugin = {
  name: 'CertificateApproval',
  validate(request, tools) {
    if (!concerns(request) || request.operation !== 'UPDATE' || request.subresource !== 'approval') return;
    requireSigner(request, tools, 'approve', 'approve');
  },
};

/** Who sets a certificate, or that it failed, must be allowed to for the signer (`plugin/pkg/admission/certificates/signing`). */
export const certificateSigning: AdmissionPlugin = {
  name: 'CertificateSigning',
  validate(request, tools) {
    if (!concerns(request) || request.operation !== 'UPDATE' || request.subresource !== 'status') return;
    const [after, before] = [request.object, request.old] as unknown as Request[];
    const isSame =
      deepEqual(after?.status?.certificate, before?.status?.certificate) &&
      deepEqual(after?.status?.conditions, before?.status?.conditions);
    if (!isSame) requireSigner(request, tools, 'sign', 'sign');
  },
};

/** A request is one, signed by its key, and does not ask to be an administrator's (`plugin/pkg/admission/certificates/subjectrestriction`). */
export const certificateSubjectRestriction: AdmissionPlugin = {
  name: 'CertificateSubjectRestriction',
  validate(request) {
    if (!concerns(request) || request.operation !== 'CREATE') return undefined;
    return checkSubject(request);
  },
};

function requireSigner(request: AdmissionRequest, tools: AdmissionTools, verb: string, what: string): void {
  const { signerName } = (request.old as unknown as Request).spec;
  const { user } = request.options;
  const wildcard = `${signerName.split('/')[0]}/*`;
  const access = {
    verb,
    group: 'certificates.k8s.io',
    version: '*',
    resource: 'signers',
    subresource: '',
    namespace: '',
  };
  const isAllowed = [signerName, wildcard].some(
    (name) => tools.authorizer.authorize({ user, ...access, name }).allowed,
  );
  if (!isAllowed)
    throw refusal(
      request,
      `user not permitted to ${what} requests with signerName ${JSON.stringify(signerName)}`,
    );
}

async function checkSubject(request: AdmissionRequest): Promise<void> {
  const { spec } = request.object as unknown as Request;
  const asked = await readSigningRequest(Buffer.from(spec.request, 'base64').toString()).catch(
    (error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      const { group, kind } = request.resource;
      throw StatusError.invalid({ group, kind }, request.name, [invalid('spec.request', spec.request, why)]);
    },
  );
  if (spec.signerName === CLIENT_SIGNER && asked.organizations.includes(PRIVILEGED)) {
    throw refusal(request, `use of ${CLIENT_SIGNER} signer with ${PRIVILEGED} group is not allowed`);
  }
}

const refusal = ({ resource: { group, name: resource }, name }: AdmissionRequest, why: string): StatusError =>
  StatusError.forbidden({ group, resource }, name, why);
