import type { Volume } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { CLAIM_FINALIZER } from '#api/volume-finalizers.ts';
import type { ControllerTools, Running } from '../context.ts';
import { runController } from '../controller.ts';
import { keyOf, splitKey } from '../keys.ts';
import { protectedAnew } from './finalizers.ts';

type Pod = Kinds['pods'];
type Claim = Kinds['persistentvolumeclaims'];

/** Lets a claim that is deleted go only when no Pod on a node uses it any more (`pkg/controller/volume/pvcprotection`). */
export function startClaimProtection({ client, clock, log }: ControllerTools): Running {
  const controller = runController({ name: 'pvc-protection', clock, log, sync });
  const enqueue = (claim: Claim): void => controller.enqueue(keyOf(claim));
  const enqueueClaimsOf = (pod: Pod): void => {
    for (const volume of pod.spec?.volumes ?? []) {
      const name = claimNameOf(pod, volume);
      if (name !== undefined) controller.enqueue(`${pod.metadata.namespace ?? ''}/${name}`);
    }
  };
  const stops = [
    client.watch('persistentvolumeclaims', { added: enqueue, updated: (_, claim) => enqueue(claim) }),
    client.watch('pods', {
      updated: (_, pod) => {
        if (isShutDown(pod)) enqueueClaimsOf(pod);
      },
      deleted: enqueueClaimsOf,
    }),
  ];

  async function sync(key: string): Promise<void> {
    const { namespace, name } = splitKey(key);
    const claim = client.get('persistentvolumeclaims', namespace, name);
    if (claim === undefined) return;
    const isUsed = (): boolean => client.list('pods', namespace).some((pod) => uses(pod, claim));
    const next = protectedAnew(claim, CLAIM_FINALIZER, isUsed);
    if (next !== undefined) await client.update('persistentvolumeclaims', next);
  }

  return {
    async stop() {
      for (const stop of stops) stop();
      await controller.stop();
    },
  };
}

/** A generic ephemeral volume's claim is named after its Pod and itself. */
const claimNameOf = ({ metadata }: Pod, volume: Volume): string | undefined =>
  volume.persistentVolumeClaim?.claimName ??
  (volume.ephemeral === undefined ? undefined : `${metadata.name}-${volume.name}`);

/** A Pod without a node can wait: no node starts one whose claim is being deleted. */
const uses = (pod: Pod, claim: Claim): boolean =>
  (pod.spec?.nodeName ?? '') !== '' &&
  (pod.spec?.volumes ?? []).some(
    (volume) =>
      claimNameOf(pod, volume) === claim.metadata.name &&
      (volume.ephemeral === undefined || (!isShutDown(pod) && isOwner(pod, claim))),
  );

const isOwner = ({ metadata: { uid } }: Pod, { metadata }: Claim): boolean =>
  (metadata.ownerReferences ?? []).some((owner) => owner.controller === true && owner.uid === uid);

/** Its containers have ended; it may still wait for finalizers, among them for its claim to go. */
const isShutDown = ({ metadata }: Pod): boolean =>
  metadata.deletionTimestamp !== undefined && metadata.deletionGracePeriodSeconds === 0;
