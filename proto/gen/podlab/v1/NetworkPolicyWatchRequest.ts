// Original file: proto/podlab/v1/network-policy.proto


export interface NetworkPolicyWatchRequest {
  'nodeName'?: (string);
}

export interface NetworkPolicyWatchRequest__Output {
  'nodeName': (string);
}
