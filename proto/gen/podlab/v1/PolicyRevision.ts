// Original file: proto/podlab/v1/network-policy.proto

import type { Long } from '@grpc/proto-loader';

export interface PolicyRevision {
  'revision'?: (number | string | Long);
}

export interface PolicyRevision__Output {
  'revision': (number);
}
