// Original file: proto/podlab/v1/node.proto


export interface JoinRequest {
  'token'?: (string);
  'nodeName'?: (string);
  'csrPem'?: (Buffer | Uint8Array | string);
}

export interface JoinRequest__Output {
  'token': (string);
  'nodeName': (string);
  'csrPem': (Buffer);
}
