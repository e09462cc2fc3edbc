// Original file: proto/podlab/v1/network-policy.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { NetworkPolicyUpdate as _podlab_v1_NetworkPolicyUpdate, NetworkPolicyUpdate__Output as _podlab_v1_NetworkPolicyUpdate__Output } from '../../podlab/v1/NetworkPolicyUpdate.ts';
import type { NetworkPolicyWatchRequest as _podlab_v1_NetworkPolicyWatchRequest, NetworkPolicyWatchRequest__Output as _podlab_v1_NetworkPolicyWatchRequest__Output } from '../../podlab/v1/NetworkPolicyWatchRequest.ts';

export interface NetworkPolicyServiceClient extends grpc.Client {
  Watch(argument: _podlab_v1_NetworkPolicyWatchRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_podlab_v1_NetworkPolicyUpdate__Output>;
  Watch(argument: _podlab_v1_NetworkPolicyWatchRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_podlab_v1_NetworkPolicyUpdate__Output>;
  watch(argument: _podlab_v1_NetworkPolicyWatchRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_podlab_v1_NetworkPolicyUpdate__Output>;
  watch(argument: _podlab_v1_NetworkPolicyWatchRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_podlab_v1_NetworkPolicyUpdate__Output>;
  
}

export interface NetworkPolicyServiceHandlers extends grpc.UntypedServiceImplementation {
  Watch: grpc.handleServerStreamingCall<_podlab_v1_NetworkPolicyWatchRequest__Output, _podlab_v1_NetworkPolicyUpdate>;
  
}

export interface NetworkPolicyServiceDefinition extends grpc.ServiceDefinition {
  Watch: MethodDefinition<_podlab_v1_NetworkPolicyWatchRequest, _podlab_v1_NetworkPolicyUpdate, _podlab_v1_NetworkPolicyWatchRequest__Output, _podlab_v1_NetworkPolicyUpdate__Output>
}
