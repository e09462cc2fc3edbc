// Original file: proto/podlab/v1/network-policy.proto

import type { PolicyObjectKey as _podlab_v1_PolicyObjectKey, PolicyObjectKey__Output as _podlab_v1_PolicyObjectKey__Output } from '../../podlab/v1/PolicyObjectKey.ts';
import type { PolicyRevision as _podlab_v1_PolicyRevision, PolicyRevision__Output as _podlab_v1_PolicyRevision__Output } from '../../podlab/v1/PolicyRevision.ts';

export interface NetworkPolicyUpdate {
  'upserted'?: (Buffer | Uint8Array | string);
  'deleted'?: (_podlab_v1_PolicyObjectKey | null);
  'synced'?: (_podlab_v1_PolicyRevision | null);
  'cleared'?: (_podlab_v1_PolicyRevision | null);
  'reached'?: (_podlab_v1_PolicyRevision | null);
  'update'?: "upserted"|"deleted"|"synced"|"cleared"|"reached";
}

export interface NetworkPolicyUpdate__Output {
  'upserted'?: (Buffer);
  'deleted'?: (_podlab_v1_PolicyObjectKey__Output | null);
  'synced'?: (_podlab_v1_PolicyRevision__Output | null);
  'cleared'?: (_podlab_v1_PolicyRevision__Output | null);
  'reached'?: (_podlab_v1_PolicyRevision__Output | null);
  'update'?: "upserted"|"deleted"|"synced"|"cleared"|"reached";
}
