import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { HttpRoutesServiceClient as _podlab_v1_HttpRoutesServiceClient, HttpRoutesServiceDefinition as _podlab_v1_HttpRoutesServiceDefinition } from './podlab/v1/HttpRoutesService.ts';
import type { HttpRoutesUpdate as _podlab_v1_HttpRoutesUpdate, HttpRoutesUpdate__Output as _podlab_v1_HttpRoutesUpdate__Output } from './podlab/v1/HttpRoutesUpdate.ts';
import type { HttpRoutesWatchRequest as _podlab_v1_HttpRoutesWatchRequest, HttpRoutesWatchRequest__Output as _podlab_v1_HttpRoutesWatchRequest__Output } from './podlab/v1/HttpRoutesWatchRequest.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  podlab: {
    v1: {
      HttpRoutesService: SubtypeConstructor<typeof grpc.Client, _podlab_v1_HttpRoutesServiceClient> & { service: _podlab_v1_HttpRoutesServiceDefinition }
      HttpRoutesUpdate: MessageTypeDefinition<_podlab_v1_HttpRoutesUpdate, _podlab_v1_HttpRoutesUpdate__Output>
      HttpRoutesWatchRequest: MessageTypeDefinition<_podlab_v1_HttpRoutesWatchRequest, _podlab_v1_HttpRoutesWatchRequest__Output>
    }
  }
}

