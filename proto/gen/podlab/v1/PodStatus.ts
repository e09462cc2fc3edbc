// Original file: proto/podlab/v1/node.proto

import type { PodRef as _podlab_v1_PodRef, PodRef__Output as _podlab_v1_PodRef__Output } from '../../podlab/v1/PodRef.ts';
import type { Long } from '@grpc/proto-loader';

export interface PodStatus {
  'pod'?: (_podlab_v1_PodRef | null);
  'statusJson'?: (Buffer | Uint8Array | string);
  'sequence'?: (number | string | Long);
}

export interface PodStatus__Output {
  'pod': (_podlab_v1_PodRef__Output | null);
  'statusJson': (Buffer);
  'sequence': (number);
}
