// Original file: proto/podlab/v1/node.proto


export interface Peer {
  'nodeName'?: (string);
  'internalIp'?: (string);
  'podCidr'?: (string);
  'ready'?: (boolean);
}

export interface Peer__Output {
  'nodeName': (string);
  'internalIp': (string);
  'podCidr': (string);
  'ready': (boolean);
}
