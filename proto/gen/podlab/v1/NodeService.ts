// Original file: proto/podlab/v1/node.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AgentMessage as _podlab_v1_AgentMessage, AgentMessage__Output as _podlab_v1_AgentMessage__Output } from '../../podlab/v1/AgentMessage.ts';
import type { ControlMessage as _podlab_v1_ControlMessage, ControlMessage__Output as _podlab_v1_ControlMessage__Output } from '../../podlab/v1/ControlMessage.ts';
import type { StreamChunk as _podlab_v1_StreamChunk, StreamChunk__Output as _podlab_v1_StreamChunk__Output } from '../../podlab/v1/StreamChunk.ts';

export interface NodeServiceClient extends grpc.Client {
  Attach(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_podlab_v1_StreamChunk, _podlab_v1_StreamChunk__Output>;
  Attach(options?: grpc.CallOptions): grpc.ClientDuplexStream<_podlab_v1_StreamChunk, _podlab_v1_StreamChunk__Output>;
  attach(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_podlab_v1_StreamChunk, _podlab_v1_StreamChunk__Output>;
  attach(options?: grpc.CallOptions): grpc.ClientDuplexStream<_podlab_v1_StreamChunk, _podlab_v1_StreamChunk__Output>;
  
  Session(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_podlab_v1_AgentMessage, _podlab_v1_ControlMessage__Output>;
  Session(options?: grpc.CallOptions): grpc.ClientDuplexStream<_podlab_v1_AgentMessage, _podlab_v1_ControlMessage__Output>;
  session(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_podlab_v1_AgentMessage, _podlab_v1_ControlMessage__Output>;
  session(options?: grpc.CallOptions): grpc.ClientDuplexStream<_podlab_v1_AgentMessage, _podlab_v1_ControlMessage__Output>;
  
}

export interface NodeServiceHandlers extends grpc.UntypedServiceImplementation {
  Attach: grpc.handleBidiStreamingCall<_podlab_v1_StreamChunk__Output, _podlab_v1_StreamChunk>;
  
  Session: grpc.handleBidiStreamingCall<_podlab_v1_AgentMessage__Output, _podlab_v1_ControlMessage>;
  
}

export interface NodeServiceDefinition extends grpc.ServiceDefinition {
  Attach: MethodDefinition<_podlab_v1_StreamChunk, _podlab_v1_StreamChunk, _podlab_v1_StreamChunk__Output, _podlab_v1_StreamChunk__Output>
  Session: MethodDefinition<_podlab_v1_AgentMessage, _podlab_v1_ControlMessage, _podlab_v1_AgentMessage__Output, _podlab_v1_ControlMessage__Output>
}
