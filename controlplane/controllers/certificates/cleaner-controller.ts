import { X509Certificate } from 'node:crypto';
import type { Kinds } from '#api/resources.ts';
import type { ControllerTools, Running } from '../context.ts';
import { runController } from '../controller.ts';

type Request = Kinds['certificatesigningrequests'];

const RESOURCE = 'certificatesigningrequests';
const HOUR = 3600_000;
/** Milliseconds for which a request is kept that was decided about, and one that nobody cares for. */
const DECIDED = HOUR;
const PENDING = 24 * HOUR;

/** Removes requests that are done with (`pkg/controller/certificates/cleaner`). */
export function startCertificateCleaner({ client, clock, log }: ControllerTools): Running {
  const controller = runController({
    name: 'certificate-cleaner',
    clock,
    log,
    async sync(name) {
      const request = client.get(RESOURCE, '', name);
      if (request === undefined) return undefined;
      const left = endOf(request) - clock.now();
      if (left > 0) return { requeueAfterMs: left };
      await client.delete(RESOURCE, '', name, { uid: request.metadata.uid });
      return undefined;
    },
  });
  const enqueue = ({ metadata }: Request): void => controller.enqueue(metadata.name);
  const unwatch = client.watch(RESOURCE, { added: enqueue, updated: (_, request) => enqueue(request) });
  return {
    async stop() {
      unwatch();
      await controller.stop();
    },
  };
}

/** When there is no more use for it, in milliseconds since 1970. */
function endOf({ metadata, status }: Request): number {
  const ends = (status?.conditions ?? [])
    .filter(({ type }) => isDone(type, status))
    .map(({ lastUpdateTime }) => Date.parse(lastUpdateTime ?? '') + DECIDED);
  if ((status?.conditions ?? []).length === 0)
    ends.push(Date.parse(metadata.creationTimestamp ?? '') + PENDING);
  return Math.min(...ends, expiryOf(status?.certificate));
}

/** What was approved waits for its signer. */
const isDone = (type: string, status: Request['status']): boolean =>
  type === 'Denied' || type === 'Failed' || (type === 'Approved' && (status?.certificate ?? '') !== '');

function expiryOf(certificate: string | undefined): number {
  if (certificate === undefined) return Infinity;
  try {
    return Date.parse(new X509Certificate(Buffer.from(certificate, 'base64')).validTo);
  } catch {
    return Infinity;
  }
}
