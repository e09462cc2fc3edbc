// Original file: proto/podlab/v1/http-routes.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { HttpRoutesUpdate as _podlab_v1_HttpRoutesUpdate, HttpRoutesUpdate__Output as _podlab_v1_HttpRoutesUpdate__Output } from '../../podlab/v1/HttpRoutesUpdate.ts';
import type { HttpRoutesWatchRequest as _podlab_v1_HttpRoutesWatchRequest, HttpRoutesWatchRequest__Output as _podlab_v1_HttpRoutesWatchRequest__Output } from '../../podlab/v1/HttpRoutesWatchRequest.ts';

export interface HttpRoutesServiceClient extends grpc.Client {
  Watch(argument: _podlab_v1_HttpRoutesWatchRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_podlab_v1_HttpRoutesUpdate__Output>;
  Watch(argument: _podlab_v1_HttpRoutesWatchRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_podlab_v1_HttpRoutesUpdate__Output>;
  watch(argument: _podlab_v1_HttpRoutesWatchRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_podlab_v1_HttpRoutesUpdate__Output>;
  watch(argument: _podlab_v1_HttpRoutesWatchRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_podlab_v1_HttpRoutesUpdate__Output>;
  
}

export interface HttpRoutesServiceHandlers extends grpc.UntypedServiceImplementation {
  Watch: grpc.handleServerStreamingCall<_podlab_v1_HttpRoutesWatchRequest__Output, _podlab_v1_HttpRoutesUpdate>;
  
}

export interface HttpRoutesServiceDefinition extends grpc.ServiceDefinition {
  Watch: MethodDefinition<_podlab_v1_HttpRoutesWatchRequest, _podlab_v1_HttpRoutesUpdate, _podlab_v1_HttpRoutesWatchRequest__Output, _podlab_v1_HttpRoutesUpdate__Output>
}
