import type { Kinds } from '#api/resources.ts';
import { VOLUME_FINALIZER } from '#api/volume-finalizers.ts';
import type { ControllerTools, Running } from '../context.ts';
import { runController } from '../controller.ts';
import { protectedAnew } from './finalizers.ts';

type PersistentVolume = Kinds['persistentvolumes'];

/** Lets a volume that is deleted go only when it is bound to no claim any more (`pkg/controller/volume/pvprotection`). */
export function startVolumeProtection({ client, clock, log }: ControllerTools): Running {
  const controller = runController({ name: 'pv-protection', clock, log, sync });
  const enqueue = ({ metadata }: PersistentVolume): void => controller.enqueue(metadata.name);
  const stop = client.watch('persistentvolumes', {
    added: enqueue,
    updated: (_, volume) => enqueue(volume),
  });

  async function sync(name: string): Promise<void> {
    const volume = client.get('persistentvolumes', '', name);
    const next = volume && protectedAnew(volume, VOLUME_FINALIZER, isBound);
    if (next !== undefined) await client.update('persistentvolumes', next);
  }

  return {
    async stop() {
      stop();
      await controller.stop();
    },
  };
}

const isBound = ({ status }: PersistentVolume): boolean => status?.phase === 'Bound';
