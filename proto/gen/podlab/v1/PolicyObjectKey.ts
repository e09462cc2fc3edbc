// Original file: proto/podlab/v1/network-policy.proto


export interface PolicyObjectKey {
  'kind'?: (string);
  'namespace'?: (string);
  'name'?: (string);
}

export interface PolicyObjectKey__Output {
  'kind': (string);
  'namespace': (string);
  'name': (string);
}
