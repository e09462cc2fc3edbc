// Original file: proto/podlab/v1/node.proto


export interface JoinResponse {
  'certificatePem'?: (Buffer | Uint8Array | string);
  'caPem'?: (Buffer | Uint8Array | string);
}

export interface JoinResponse__Output {
  'certificatePem': (Buffer);
  'caPem': (Buffer);
}
