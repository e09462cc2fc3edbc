// Original file: proto/podlab/v1/node.proto

import type { Long } from '@grpc/proto-loader';

export interface LogOptions {
  'follow'?: (boolean);
  'previous'?: (boolean);
  'timestamps'?: (boolean);
  'tailLines'?: (number | string | Long);
  'limitBytes'?: (number | string | Long);
  'sinceTime'?: (string);
  '_tailLines'?: "tailLines";
  '_limitBytes'?: "limitBytes";
}

export interface LogOptions__Output {
  'follow': (boolean);
  'previous': (boolean);
  'timestamps': (boolean);
  'tailLines'?: (number);
  'limitBytes'?: (number);
  'sinceTime': (string);
  '_tailLines'?: "tailLines";
  '_limitBytes'?: "limitBytes";
}
