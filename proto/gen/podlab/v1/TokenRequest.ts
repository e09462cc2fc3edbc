// Original file: proto/podlab/v1/node.proto

import type { PodRef as _podlab_v1_PodRef, PodRef__Output as _podlab_v1_PodRef__Output } from '../../podlab/v1/PodRef.ts';
import type { Long } from '@grpc/proto-loader';

export interface TokenRequest {
  'requestId'?: (number | string | Long);
  'pod'?: (_podlab_v1_PodRef | null);
  'audiences'?: (string)[];
  'expirationSeconds'?: (number | string | Long);
}

export interface TokenRequest__Output {
  'requestId': (number);
  'pod': (_podlab_v1_PodRef__Output | null);
  'audiences': (string)[];
  'expirationSeconds': (number);
}
