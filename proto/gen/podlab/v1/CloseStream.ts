// Original file: proto/podlab/v1/node.proto


export interface CloseStream {
  'streamId'?: (string);
}

export interface CloseStream__Output {
  'streamId': (string);
}
