// Original file: proto/podlab/v1/node.proto


export interface JoinResponse {
  'certificatePem'?: (Buffer | Uint8Array | string);
  'proof'?: (Buffer | Uint8Array | string);
}

export interface JoinResponse__Output {
  'certificatePem': (Buffer);
  'proof': (Buffer);
}
