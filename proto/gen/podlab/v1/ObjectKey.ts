// Original file: proto/podlab/v1/proxy.proto


export interface ObjectKey {
  'resource'?: (string);
  'namespace'?: (string);
  'name'?: (string);
}

export interface ObjectKey__Output {
  'resource': (string);
  'namespace': (string);
  'name': (string);
}
