import type { Kinds } from '#api/resources.ts';
import { separateStatus } from '../separate-status.ts';
import type { Strategy } from '../strategy.ts';

type VolumeAttachment = Kinds['volumeattachments'];

/** pkg/registry/storage/volumeattachment/strategy.go */
export const volumeAttachmentStrategy: Strategy<VolumeAttachment> = {
  ...separateStatus<VolumeAttachment>(() => ({ attached: false }), 'kept'),
  needsResourceVersion: true,
};
