// Original file: proto/podlab/v1/node.proto


export interface DialOptions {
  'address'?: (string);
  'port'?: (number);
}

export interface DialOptions__Output {
  'address': (string);
  'port': (number);
}
