// Original file: proto/podlab/v1/proxy.proto


export interface ProxyWatchRequest {
  'nodeName'?: (string);
}

export interface ProxyWatchRequest__Output {
  'nodeName': (string);
}
