// Original file: proto/podlab/v1/node.proto


export interface PodDesired {
  'podJson'?: (Buffer | Uint8Array | string);
}

export interface PodDesired__Output {
  'podJson': (Buffer);
}
