// Original file: proto/podlab/v1/node.proto


export interface StreamFailed {
  'streamId'?: (string);
  'statusJson'?: (Buffer | Uint8Array | string);
}

export interface StreamFailed__Output {
  'streamId': (string);
  'statusJson': (Buffer);
}
