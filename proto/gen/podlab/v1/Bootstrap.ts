// Original file: proto/podlab/v1/node.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { JoinRequest as _podlab_v1_JoinRequest, JoinRequest__Output as _podlab_v1_JoinRequest__Output } from '../../podlab/v1/JoinRequest.ts';
import type { JoinResponse as _podlab_v1_JoinResponse, JoinResponse__Output as _podlab_v1_JoinResponse__Output } from '../../podlab/v1/JoinResponse.ts';

export interface BootstrapClient extends grpc.Client {
  Join(argument: _podlab_v1_JoinRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_podlab_v1_JoinResponse__Output>): grpc.ClientUnaryCall;
  Join(argument: _podlab_v1_JoinRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_podlab_v1_JoinResponse__Output>): grpc.ClientUnaryCall;
  Join(argument: _podlab_v1_JoinRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_podlab_v1_JoinResponse__Output>): grpc.ClientUnaryCall;
  Join(argument: _podlab_v1_JoinRequest, callback: grpc.requestCallback<_podlab_v1_JoinResponse__Output>): grpc.ClientUnaryCall;
  join(argument: _podlab_v1_JoinRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_podlab_v1_JoinResponse__Output>): grpc.ClientUnaryCall;
  join(argument: _podlab_v1_JoinRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_podlab_v1_JoinResponse__Output>): grpc.ClientUnaryCall;
  join(argument: _podlab_v1_JoinRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_podlab_v1_JoinResponse__Output>): grpc.ClientUnaryCall;
  join(argument: _podlab_v1_JoinRequest, callback: grpc.requestCallback<_podlab_v1_JoinResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface BootstrapHandlers extends grpc.UntypedServiceImplementation {
  Join: grpc.handleUnaryCall<_podlab_v1_JoinRequest__Output, _podlab_v1_JoinResponse>;
  
}

export interface BootstrapDefinition extends grpc.ServiceDefinition {
  Join: MethodDefinition<_podlab_v1_JoinRequest, _podlab_v1_JoinResponse, _podlab_v1_JoinRequest__Output, _podlab_v1_JoinResponse__Output>
}
