import { rfc3339 } from '#api/clock.ts';
import type { Kinds } from '#api/resources.ts';
import type { Pki } from '../../pki/pki.ts';
import { readSigningRequest } from '../../pki/signing-request.ts';
import type { Client } from '../../client.ts';
import type { ControllerContext, Running } from '../context.ts';
import { runController } from '../controller.ts';
import { SIGNERS } from './signer-rules.ts';

export type CertificateAuthority = Pick<Pki, 'signRequest'>;

const RESOURCE = 'certificatesigningrequests';

/** Seconds: a year, as the signer's `--cluster-signing-duration`; and the least that is given, whatever is asked for. */
const MAX_SECONDS = 365 * 24 * 3600;
const MIN_SECONDS = 600;

/** Signs what was approved for the cluster's own signers (`pkg/controller/certificates/signer`). */
export function startCertificateSigner({ client, clock, log, options }: ControllerContext): Running {
  const controller = runController({
    name: 'certificate-signer',
    clock,
    log,
    sync: (name) => syncRequest(client, options.authority, clock.now(), name),
  });
  const enqueue = ({ metadata }: Kinds[typeof RESOURCE]): void => controller.enqueue(metadata.name);
  const unwatch = client.watch(RESOURCE, { added: enqueue, updated: (_, request) => enqueue(request) });
  return {
    async stop() {
      unwatch();
      await controller.stop();
    },
  };
}

async function syncRequest(
  client: Client,
  authority: CertificateAuthority,
  now: number,
  name: string,
): Promise<void> {
  const request = client.get(RESOURCE, '', name);
  const check = SIGNERS[request?.spec.signerName ?? ''];
  if (request === undefined || check === undefined || !awaitsSignature(request)) return;
  const { usages = [], expirationSeconds } = request.spec;
  const pem = Buffer.from(request.spec.request, 'base64').toString();
  const problem = check(await readSigningRequest(pem), usages);
  const { status = {} } = request;
  if (problem !== undefined) {
    const conditions = [...(status.conditions ?? []), failure(problem, now)];
    await client.updateStatus(RESOURCE, { ...request, status: { ...status, conditions } });
    return;
  }
  const lifetime = lifetimeSeconds(expirationSeconds) * 1000;
  const signed = await authority.signRequest(pem, { usages, lifetime, now });
  const certificate = Buffer.from(signed).toString('base64');
  await client.updateStatus(RESOURCE, { ...request, status: { ...status, certificate } });
}

function awaitsSignature({ status }: Kinds[typeof RESOURCE]): boolean {
  const has = (type: string): boolean => status?.conditions?.some((one) => one.type === type) === true;
  return has('Approved') && !has('Denied') && !has('Failed') && (status?.certificate ?? '') === '';
}

const lifetimeSeconds = (asked = MAX_SECONDS): number => Math.max(MIN_SECONDS, Math.min(asked, MAX_SECONDS));

const failure = (message: string, now: number) => ({
  type: 'Failed',
  status: 'True',
  reason: 'SignerValidationFailure',
  message,
  lastUpdateTime: rfc3339(now),
});
