// Original file: proto/podlab/v1/node.proto


export interface Registered {
  'nodeJson'?: (Buffer | Uint8Array | string);
  'podCidrs'?: (string)[];
  'clusterPodCidrs'?: (string)[];
  'serviceCidrs'?: (string)[];
  'clusterDns'?: (string)[];
  'clusterDomain'?: (string);
  'heartbeatMilliseconds'?: (number);
}

export interface Registered__Output {
  'nodeJson': (Buffer);
  'podCidrs': (string)[];
  'clusterPodCidrs': (string)[];
  'serviceCidrs': (string)[];
  'clusterDns': (string)[];
  'clusterDomain': (string);
  'heartbeatMilliseconds': (number);
}
