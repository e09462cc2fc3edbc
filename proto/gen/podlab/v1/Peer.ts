// Original file: proto/podlab/v1/node.proto


export interface Peer {
  'nodeName'?: (string);
  'internalIps'?: (string)[];
  'podCidrs'?: (string)[];
  'ready'?: (boolean);
  'dockerNetwork'?: (string);
  'tunnelEndpoint'?: (string);
  'nodeCidrs'?: (string)[];
}

export interface Peer__Output {
  'nodeName': (string);
  'internalIps': (string)[];
  'podCidrs': (string)[];
  'ready': (boolean);
  'dockerNetwork': (string);
  'tunnelEndpoint': (string);
  'nodeCidrs': (string)[];
}
