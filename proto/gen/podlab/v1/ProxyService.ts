// Original file: proto/podlab/v1/proxy.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ProxyUpdate as _podlab_v1_ProxyUpdate, ProxyUpdate__Output as _podlab_v1_ProxyUpdate__Output } from '../../podlab/v1/ProxyUpdate.ts';
import type { ProxyWatchRequest as _podlab_v1_ProxyWatchRequest, ProxyWatchRequest__Output as _podlab_v1_ProxyWatchRequest__Output } from '../../podlab/v1/ProxyWatchRequest.ts';

export interface ProxyServiceClient extends grpc.Client {
  Watch(argument: _podlab_v1_ProxyWatchRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_podlab_v1_ProxyUpdate__Output>;
  Watch(argument: _podlab_v1_ProxyWatchRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_podlab_v1_ProxyUpdate__Output>;
  watch(argument: _podlab_v1_ProxyWatchRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_podlab_v1_ProxyUpdate__Output>;
  watch(argument: _podlab_v1_ProxyWatchRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_podlab_v1_ProxyUpdate__Output>;
  
}

export interface ProxyServiceHandlers extends grpc.UntypedServiceImplementation {
  Watch: grpc.handleServerStreamingCall<_podlab_v1_ProxyWatchRequest__Output, _podlab_v1_ProxyUpdate>;
  
}

export interface ProxyServiceDefinition extends grpc.ServiceDefinition {
  Watch: MethodDefinition<_podlab_v1_ProxyWatchRequest, _podlab_v1_ProxyUpdate, _podlab_v1_ProxyWatchRequest__Output, _podlab_v1_ProxyUpdate__Output>
}
