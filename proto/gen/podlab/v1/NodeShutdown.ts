// Original file: proto/podlab/v1/node.proto


export interface NodeShutdown {
  'message'?: (string);
}

export interface NodeShutdown__Output {
  'message': (string);
}
