import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { NetworkPolicyServiceClient as _podlab_v1_NetworkPolicyServiceClient, NetworkPolicyServiceDefinition as _podlab_v1_NetworkPolicyServiceDefinition } from './podlab/v1/NetworkPolicyService.ts';
import type { NetworkPolicyUpdate as _podlab_v1_NetworkPolicyUpdate, NetworkPolicyUpdate__Output as _podlab_v1_NetworkPolicyUpdate__Output } from './podlab/v1/NetworkPolicyUpdate.ts';
import type { NetworkPolicyWatchRequest as _podlab_v1_NetworkPolicyWatchRequest, NetworkPolicyWatchRequest__Output as _podlab_v1_NetworkPolicyWatchRequest__Output } from './podlab/v1/NetworkPolicyWatchRequest.ts';
import type { PolicyObjectKey as _podlab_v1_PolicyObjectKey, PolicyObjectKey__Output as _podlab_v1_PolicyObjectKey__Output } from './podlab/v1/PolicyObjectKey.ts';
import type { PolicyRevision as _podlab_v1_PolicyRevision, PolicyRevision__Output as _podlab_v1_PolicyRevision__Output } from './podlab/v1/PolicyRevision.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  podlab: {
    v1: {
      NetworkPolicyService: SubtypeConstructor<typeof grpc.Client, _podlab_v1_NetworkPolicyServiceClient> & { service: _podlab_v1_NetworkPolicyServiceDefinition }
      NetworkPolicyUpdate: MessageTypeDefinition<_podlab_v1_NetworkPolicyUpdate, _podlab_v1_NetworkPolicyUpdate__Output>
      NetworkPolicyWatchRequest: MessageTypeDefinition<_podlab_v1_NetworkPolicyWatchRequest, _podlab_v1_NetworkPolicyWatchRequest__Output>
      PolicyObjectKey: MessageTypeDefinition<_podlab_v1_PolicyObjectKey, _podlab_v1_PolicyObjectKey__Output>
      PolicyRevision: MessageTypeDefinition<_podlab_v1_PolicyRevision, _podlab_v1_PolicyRevision__Output>
    }
  }
}

