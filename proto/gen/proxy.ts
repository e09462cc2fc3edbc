import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { ObjectKey as _podlab_v1_ObjectKey, ObjectKey__Output as _podlab_v1_ObjectKey__Output } from './podlab/v1/ObjectKey.ts';
import type { ProxyServiceClient as _podlab_v1_ProxyServiceClient, ProxyServiceDefinition as _podlab_v1_ProxyServiceDefinition } from './podlab/v1/ProxyService.ts';
import type { ProxyUpdate as _podlab_v1_ProxyUpdate, ProxyUpdate__Output as _podlab_v1_ProxyUpdate__Output } from './podlab/v1/ProxyUpdate.ts';
import type { ProxyWatchRequest as _podlab_v1_ProxyWatchRequest, ProxyWatchRequest__Output as _podlab_v1_ProxyWatchRequest__Output } from './podlab/v1/ProxyWatchRequest.ts';
import type { Synced as _podlab_v1_Synced, Synced__Output as _podlab_v1_Synced__Output } from './podlab/v1/Synced.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  podlab: {
    v1: {
      ObjectKey: MessageTypeDefinition<_podlab_v1_ObjectKey, _podlab_v1_ObjectKey__Output>
      ProxyService: SubtypeConstructor<typeof grpc.Client, _podlab_v1_ProxyServiceClient> & { service: _podlab_v1_ProxyServiceDefinition }
      ProxyUpdate: MessageTypeDefinition<_podlab_v1_ProxyUpdate, _podlab_v1_ProxyUpdate__Output>
      ProxyWatchRequest: MessageTypeDefinition<_podlab_v1_ProxyWatchRequest, _podlab_v1_ProxyWatchRequest__Output>
      Synced: MessageTypeDefinition<_podlab_v1_Synced, _podlab_v1_Synced__Output>
    }
  }
}

