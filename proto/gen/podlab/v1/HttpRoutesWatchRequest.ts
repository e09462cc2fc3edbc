// Original file: proto/podlab/v1/http-routes.proto


export interface HttpRoutesWatchRequest {
  'nodeName'?: (string);
}

export interface HttpRoutesWatchRequest__Output {
  'nodeName': (string);
}
