// Original file: proto/podlab/v1/node.proto


export interface Registered {
  'nodeJson'?: (Buffer | Uint8Array | string);
  'podCidr'?: (string);
  'clusterPodCidr'?: (string);
  'serviceCidr'?: (string);
  'clusterDns'?: (string);
  'clusterDomain'?: (string);
  'heartbeatMilliseconds'?: (number);
}

export interface Registered__Output {
  'nodeJson': (Buffer);
  'podCidr': (string);
  'clusterPodCidr': (string);
  'serviceCidr': (string);
  'clusterDns': (string);
  'clusterDomain': (string);
  'heartbeatMilliseconds': (number);
}
