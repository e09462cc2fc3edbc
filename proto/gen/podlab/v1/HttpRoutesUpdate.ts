// Original file: proto/podlab/v1/http-routes.proto


export interface HttpRoutesUpdate {
  'whole'?: (boolean);
  'upserted'?: (Buffer | Uint8Array | string)[];
  'deleted'?: (string)[];
}

export interface HttpRoutesUpdate__Output {
  'whole': (boolean);
  'upserted': (Buffer)[];
  'deleted': (string)[];
}
