// Original file: proto/podlab/v1/node.proto

import type { PodRef as _podlab_v1_PodRef, PodRef__Output as _podlab_v1_PodRef__Output } from '../../podlab/v1/PodRef.ts';
import type { Long } from '@grpc/proto-loader';

export interface PodStatusAck {
  'pod'?: (_podlab_v1_PodRef | null);
  'sequence'?: (number | string | Long);
}

export interface PodStatusAck__Output {
  'pod': (_podlab_v1_PodRef__Output | null);
  'sequence': (number);
}
