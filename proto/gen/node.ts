import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { AgentMessage as _podlab_v1_AgentMessage, AgentMessage__Output as _podlab_v1_AgentMessage__Output } from './podlab/v1/AgentMessage.ts';
import type { AttachOptions as _podlab_v1_AttachOptions, AttachOptions__Output as _podlab_v1_AttachOptions__Output } from './podlab/v1/AttachOptions.ts';
import type { BootstrapClient as _podlab_v1_BootstrapClient, BootstrapDefinition as _podlab_v1_BootstrapDefinition } from './podlab/v1/Bootstrap.ts';
import type { CloseStream as _podlab_v1_CloseStream, CloseStream__Output as _podlab_v1_CloseStream__Output } from './podlab/v1/CloseStream.ts';
import type { ControlMessage as _podlab_v1_ControlMessage, ControlMessage__Output as _podlab_v1_ControlMessage__Output } from './podlab/v1/ControlMessage.ts';
import type { DialOptions as _podlab_v1_DialOptions, DialOptions__Output as _podlab_v1_DialOptions__Output } from './podlab/v1/DialOptions.ts';
import type { EventReport as _podlab_v1_EventReport, EventReport__Output as _podlab_v1_EventReport__Output } from './podlab/v1/EventReport.ts';
import type { ExecOptions as _podlab_v1_ExecOptions, ExecOptions__Output as _podlab_v1_ExecOptions__Output } from './podlab/v1/ExecOptions.ts';
import type { Heartbeat as _podlab_v1_Heartbeat, Heartbeat__Output as _podlab_v1_Heartbeat__Output } from './podlab/v1/Heartbeat.ts';
import type { JoinRequest as _podlab_v1_JoinRequest, JoinRequest__Output as _podlab_v1_JoinRequest__Output } from './podlab/v1/JoinRequest.ts';
import type { JoinResponse as _podlab_v1_JoinResponse, JoinResponse__Output as _podlab_v1_JoinResponse__Output } from './podlab/v1/JoinResponse.ts';
import type { KubeletOptions as _podlab_v1_KubeletOptions, KubeletOptions__Output as _podlab_v1_KubeletOptions__Output } from './podlab/v1/KubeletOptions.ts';
import type { LogOptions as _podlab_v1_LogOptions, LogOptions__Output as _podlab_v1_LogOptions__Output } from './podlab/v1/LogOptions.ts';
import type { NodeServiceClient as _podlab_v1_NodeServiceClient, NodeServiceDefinition as _podlab_v1_NodeServiceDefinition } from './podlab/v1/NodeService.ts';
import type { NodeShutdown as _podlab_v1_NodeShutdown, NodeShutdown__Output as _podlab_v1_NodeShutdown__Output } from './podlab/v1/NodeShutdown.ts';
import type { NodeStatus as _podlab_v1_NodeStatus, NodeStatus__Output as _podlab_v1_NodeStatus__Output } from './podlab/v1/NodeStatus.ts';
import type { ObjectReply as _podlab_v1_ObjectReply, ObjectReply__Output as _podlab_v1_ObjectReply__Output } from './podlab/v1/ObjectReply.ts';
import type { ObjectRequest as _podlab_v1_ObjectRequest, ObjectRequest__Output as _podlab_v1_ObjectRequest__Output } from './podlab/v1/ObjectRequest.ts';
import type { OpenStream as _podlab_v1_OpenStream, OpenStream__Output as _podlab_v1_OpenStream__Output } from './podlab/v1/OpenStream.ts';
import type { Peer as _podlab_v1_Peer, Peer__Output as _podlab_v1_Peer__Output } from './podlab/v1/Peer.ts';
import type { Peers as _podlab_v1_Peers, Peers__Output as _podlab_v1_Peers__Output } from './podlab/v1/Peers.ts';
import type { PodDesired as _podlab_v1_PodDesired, PodDesired__Output as _podlab_v1_PodDesired__Output } from './podlab/v1/PodDesired.ts';
import type { PodGone as _podlab_v1_PodGone, PodGone__Output as _podlab_v1_PodGone__Output } from './podlab/v1/PodGone.ts';
import type { PodRef as _podlab_v1_PodRef, PodRef__Output as _podlab_v1_PodRef__Output } from './podlab/v1/PodRef.ts';
import type { PodStatus as _podlab_v1_PodStatus, PodStatus__Output as _podlab_v1_PodStatus__Output } from './podlab/v1/PodStatus.ts';
import type { PodStatusAck as _podlab_v1_PodStatusAck, PodStatusAck__Output as _podlab_v1_PodStatusAck__Output } from './podlab/v1/PodStatusAck.ts';
import type { PodTerminated as _podlab_v1_PodTerminated, PodTerminated__Output as _podlab_v1_PodTerminated__Output } from './podlab/v1/PodTerminated.ts';
import type { PodsSynced as _podlab_v1_PodsSynced, PodsSynced__Output as _podlab_v1_PodsSynced__Output } from './podlab/v1/PodsSynced.ts';
import type { PortForwardOptions as _podlab_v1_PortForwardOptions, PortForwardOptions__Output as _podlab_v1_PortForwardOptions__Output } from './podlab/v1/PortForwardOptions.ts';
import type { Register as _podlab_v1_Register, Register__Output as _podlab_v1_Register__Output } from './podlab/v1/Register.ts';
import type { Registered as _podlab_v1_Registered, Registered__Output as _podlab_v1_Registered__Output } from './podlab/v1/Registered.ts';
import type { Rejected as _podlab_v1_Rejected, Rejected__Output as _podlab_v1_Rejected__Output } from './podlab/v1/Rejected.ts';
import type { Resize as _podlab_v1_Resize, Resize__Output as _podlab_v1_Resize__Output } from './podlab/v1/Resize.ts';
import type { StreamChunk as _podlab_v1_StreamChunk, StreamChunk__Output as _podlab_v1_StreamChunk__Output } from './podlab/v1/StreamChunk.ts';
import type { StreamFailed as _podlab_v1_StreamFailed, StreamFailed__Output as _podlab_v1_StreamFailed__Output } from './podlab/v1/StreamFailed.ts';
import type { TokenRequest as _podlab_v1_TokenRequest, TokenRequest__Output as _podlab_v1_TokenRequest__Output } from './podlab/v1/TokenRequest.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  podlab: {
    v1: {
      AgentMessage: MessageTypeDefinition<_podlab_v1_AgentMessage, _podlab_v1_AgentMessage__Output>
      AttachOptions: MessageTypeDefinition<_podlab_v1_AttachOptions, _podlab_v1_AttachOptions__Output>
      Bootstrap: SubtypeConstructor<typeof grpc.Client, _podlab_v1_BootstrapClient> & { service: _podlab_v1_BootstrapDefinition }
      CloseStream: MessageTypeDefinition<_podlab_v1_CloseStream, _podlab_v1_CloseStream__Output>
      ControlMessage: MessageTypeDefinition<_podlab_v1_ControlMessage, _podlab_v1_ControlMessage__Output>
      DialOptions: MessageTypeDefinition<_podlab_v1_DialOptions, _podlab_v1_DialOptions__Output>
      EndOf: EnumTypeDefinition
      EventReport: MessageTypeDefinition<_podlab_v1_EventReport, _podlab_v1_EventReport__Output>
      ExecOptions: MessageTypeDefinition<_podlab_v1_ExecOptions, _podlab_v1_ExecOptions__Output>
      Heartbeat: MessageTypeDefinition<_podlab_v1_Heartbeat, _podlab_v1_Heartbeat__Output>
      JoinRequest: MessageTypeDefinition<_podlab_v1_JoinRequest, _podlab_v1_JoinRequest__Output>
      JoinResponse: MessageTypeDefinition<_podlab_v1_JoinResponse, _podlab_v1_JoinResponse__Output>
      KubeletOptions: MessageTypeDefinition<_podlab_v1_KubeletOptions, _podlab_v1_KubeletOptions__Output>
      LogOptions: MessageTypeDefinition<_podlab_v1_LogOptions, _podlab_v1_LogOptions__Output>
      NodeService: SubtypeConstructor<typeof grpc.Client, _podlab_v1_NodeServiceClient> & { service: _podlab_v1_NodeServiceDefinition }
      NodeShutdown: MessageTypeDefinition<_podlab_v1_NodeShutdown, _podlab_v1_NodeShutdown__Output>
      NodeStatus: MessageTypeDefinition<_podlab_v1_NodeStatus, _podlab_v1_NodeStatus__Output>
      ObjectReply: MessageTypeDefinition<_podlab_v1_ObjectReply, _podlab_v1_ObjectReply__Output>
      ObjectRequest: MessageTypeDefinition<_podlab_v1_ObjectRequest, _podlab_v1_ObjectRequest__Output>
      OpenStream: MessageTypeDefinition<_podlab_v1_OpenStream, _podlab_v1_OpenStream__Output>
      Peer: MessageTypeDefinition<_podlab_v1_Peer, _podlab_v1_Peer__Output>
      Peers: MessageTypeDefinition<_podlab_v1_Peers, _podlab_v1_Peers__Output>
      PodDesired: MessageTypeDefinition<_podlab_v1_PodDesired, _podlab_v1_PodDesired__Output>
      PodGone: MessageTypeDefinition<_podlab_v1_PodGone, _podlab_v1_PodGone__Output>
      PodRef: MessageTypeDefinition<_podlab_v1_PodRef, _podlab_v1_PodRef__Output>
      PodStatus: MessageTypeDefinition<_podlab_v1_PodStatus, _podlab_v1_PodStatus__Output>
      PodStatusAck: MessageTypeDefinition<_podlab_v1_PodStatusAck, _podlab_v1_PodStatusAck__Output>
      PodTerminated: MessageTypeDefinition<_podlab_v1_PodTerminated, _podlab_v1_PodTerminated__Output>
      PodsSynced: MessageTypeDefinition<_podlab_v1_PodsSynced, _podlab_v1_PodsSynced__Output>
      PortForwardOptions: MessageTypeDefinition<_podlab_v1_PortForwardOptions, _podlab_v1_PortForwardOptions__Output>
      Register: MessageTypeDefinition<_podlab_v1_Register, _podlab_v1_Register__Output>
      Registered: MessageTypeDefinition<_podlab_v1_Registered, _podlab_v1_Registered__Output>
      Rejected: MessageTypeDefinition<_podlab_v1_Rejected, _podlab_v1_Rejected__Output>
      Resize: MessageTypeDefinition<_podlab_v1_Resize, _podlab_v1_Resize__Output>
      StreamChunk: MessageTypeDefinition<_podlab_v1_StreamChunk, _podlab_v1_StreamChunk__Output>
      StreamFailed: MessageTypeDefinition<_podlab_v1_StreamFailed, _podlab_v1_StreamFailed__Output>
      TokenRequest: MessageTypeDefinition<_podlab_v1_TokenRequest, _podlab_v1_TokenRequest__Output>
    }
  }
}

