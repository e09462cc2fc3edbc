// Original file: proto/podlab/v1/node.proto

import type { Long } from '@grpc/proto-loader';

export interface ObjectReply {
  'requestId'?: (number | string | Long);
  'objectJson'?: (Buffer | Uint8Array | string);
  'statusJson'?: (Buffer | Uint8Array | string);
}

export interface ObjectReply__Output {
  'requestId': (number);
  'objectJson': (Buffer);
  'statusJson': (Buffer);
}
