// Original file: proto/podlab/v1/node.proto


export interface PortForwardOptions {
  'port'?: (number);
}

export interface PortForwardOptions__Output {
  'port': (number);
}
