// Original file: proto/podlab/v1/node.proto

import type { Long } from '@grpc/proto-loader';

export interface ObjectRequest {
  'requestId'?: (number | string | Long);
  'resource'?: (string);
  'namespace'?: (string);
  'name'?: (string);
}

export interface ObjectRequest__Output {
  'requestId': (number);
  'resource': (string);
  'namespace': (string);
  'name': (string);
}
