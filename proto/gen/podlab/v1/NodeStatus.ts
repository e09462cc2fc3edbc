// Original file: proto/podlab/v1/node.proto


export interface NodeStatus {
  'statusJson'?: (Buffer | Uint8Array | string);
}

export interface NodeStatus__Output {
  'statusJson': (Buffer);
}
