// Original file: proto/podlab/v1/node.proto

import type { Register as _podlab_v1_Register, Register__Output as _podlab_v1_Register__Output } from '../../podlab/v1/Register.ts';
import type { Heartbeat as _podlab_v1_Heartbeat, Heartbeat__Output as _podlab_v1_Heartbeat__Output } from '../../podlab/v1/Heartbeat.ts';
import type { NodeStatus as _podlab_v1_NodeStatus, NodeStatus__Output as _podlab_v1_NodeStatus__Output } from '../../podlab/v1/NodeStatus.ts';
import type { PodStatus as _podlab_v1_PodStatus, PodStatus__Output as _podlab_v1_PodStatus__Output } from '../../podlab/v1/PodStatus.ts';
import type { PodTerminated as _podlab_v1_PodTerminated, PodTerminated__Output as _podlab_v1_PodTerminated__Output } from '../../podlab/v1/PodTerminated.ts';
import type { EventReport as _podlab_v1_EventReport, EventReport__Output as _podlab_v1_EventReport__Output } from '../../podlab/v1/EventReport.ts';
import type { ObjectRequest as _podlab_v1_ObjectRequest, ObjectRequest__Output as _podlab_v1_ObjectRequest__Output } from '../../podlab/v1/ObjectRequest.ts';
import type { StreamFailed as _podlab_v1_StreamFailed, StreamFailed__Output as _podlab_v1_StreamFailed__Output } from '../../podlab/v1/StreamFailed.ts';
import type { NodeShutdown as _podlab_v1_NodeShutdown, NodeShutdown__Output as _podlab_v1_NodeShutdown__Output } from '../../podlab/v1/NodeShutdown.ts';
import type { TokenRequest as _podlab_v1_TokenRequest, TokenRequest__Output as _podlab_v1_TokenRequest__Output } from '../../podlab/v1/TokenRequest.ts';

export interface AgentMessage {
  'register'?: (_podlab_v1_Register | null);
  'heartbeat'?: (_podlab_v1_Heartbeat | null);
  'nodeStatus'?: (_podlab_v1_NodeStatus | null);
  'podStatus'?: (_podlab_v1_PodStatus | null);
  'podTerminated'?: (_podlab_v1_PodTerminated | null);
  'event'?: (_podlab_v1_EventReport | null);
  'objectRequest'?: (_podlab_v1_ObjectRequest | null);
  'streamFailed'?: (_podlab_v1_StreamFailed | null);
  'nodeShutdown'?: (_podlab_v1_NodeShutdown | null);
  'tokenRequest'?: (_podlab_v1_TokenRequest | null);
  'message'?: "register"|"heartbeat"|"nodeStatus"|"podStatus"|"podTerminated"|"event"|"objectRequest"|"streamFailed"|"nodeShutdown"|"tokenRequest";
}

export interface AgentMessage__Output {
  'register'?: (_podlab_v1_Register__Output | null);
  'heartbeat'?: (_podlab_v1_Heartbeat__Output | null);
  'nodeStatus'?: (_podlab_v1_NodeStatus__Output | null);
  'podStatus'?: (_podlab_v1_PodStatus__Output | null);
  'podTerminated'?: (_podlab_v1_PodTerminated__Output | null);
  'event'?: (_podlab_v1_EventReport__Output | null);
  'objectRequest'?: (_podlab_v1_ObjectRequest__Output | null);
  'streamFailed'?: (_podlab_v1_StreamFailed__Output | null);
  'nodeShutdown'?: (_podlab_v1_NodeShutdown__Output | null);
  'tokenRequest'?: (_podlab_v1_TokenRequest__Output | null);
  'message'?: "register"|"heartbeat"|"nodeStatus"|"podStatus"|"podTerminated"|"event"|"objectRequest"|"streamFailed"|"nodeShutdown"|"tokenRequest";
}
