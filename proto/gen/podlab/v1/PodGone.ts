// Original file: proto/podlab/v1/node.proto

import type { PodRef as _podlab_v1_PodRef, PodRef__Output as _podlab_v1_PodRef__Output } from '../../podlab/v1/PodRef.ts';

export interface PodGone {
  'pod'?: (_podlab_v1_PodRef | null);
}

export interface PodGone__Output {
  'pod': (_podlab_v1_PodRef__Output | null);
}
