// Original file: proto/podlab/v1/node.proto


export interface JoinRequest {
  'nodeName'?: (string);
  'csrPem'?: (Buffer | Uint8Array | string);
  'proof'?: (Buffer | Uint8Array | string);
}

export interface JoinRequest__Output {
  'nodeName': (string);
  'csrPem': (Buffer);
  'proof': (Buffer);
}
