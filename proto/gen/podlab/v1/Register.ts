// Original file: proto/podlab/v1/node.proto


export interface Register {
  'nodeJson'?: (Buffer | Uint8Array | string);
}

export interface Register__Output {
  'nodeJson': (Buffer);
}
