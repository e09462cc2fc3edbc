// Original file: proto/podlab/v1/node.proto


export interface Resize {
  'width'?: (number);
  'height'?: (number);
}

export interface Resize__Output {
  'width': (number);
  'height': (number);
}
