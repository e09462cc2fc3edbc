// Original file: proto/podlab/v1/proxy.proto

import type { ObjectKey as _podlab_v1_ObjectKey, ObjectKey__Output as _podlab_v1_ObjectKey__Output } from '../../podlab/v1/ObjectKey.ts';
import type { Synced as _podlab_v1_Synced, Synced__Output as _podlab_v1_Synced__Output } from '../../podlab/v1/Synced.ts';

export interface ProxyUpdate {
  'upserted'?: (Buffer | Uint8Array | string);
  'deleted'?: (_podlab_v1_ObjectKey | null);
  'synced'?: (_podlab_v1_Synced | null);
  'update'?: "upserted"|"deleted"|"synced";
}

export interface ProxyUpdate__Output {
  'upserted'?: (Buffer);
  'deleted'?: (_podlab_v1_ObjectKey__Output | null);
  'synced'?: (_podlab_v1_Synced__Output | null);
  'update'?: "upserted"|"deleted"|"synced";
}
