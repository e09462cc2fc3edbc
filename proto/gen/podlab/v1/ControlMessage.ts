// Original file: proto/podlab/v1/node.proto

import type { Registered as _podlab_v1_Registered, Registered__Output as _podlab_v1_Registered__Output } from '../../podlab/v1/Registered.ts';
import type { PodDesired as _podlab_v1_PodDesired, PodDesired__Output as _podlab_v1_PodDesired__Output } from '../../podlab/v1/PodDesired.ts';
import type { PodGone as _podlab_v1_PodGone, PodGone__Output as _podlab_v1_PodGone__Output } from '../../podlab/v1/PodGone.ts';
import type { PodsSynced as _podlab_v1_PodsSynced, PodsSynced__Output as _podlab_v1_PodsSynced__Output } from '../../podlab/v1/PodsSynced.ts';
import type { ObjectReply as _podlab_v1_ObjectReply, ObjectReply__Output as _podlab_v1_ObjectReply__Output } from '../../podlab/v1/ObjectReply.ts';
import type { OpenStream as _podlab_v1_OpenStream, OpenStream__Output as _podlab_v1_OpenStream__Output } from '../../podlab/v1/OpenStream.ts';
import type { Peers as _podlab_v1_Peers, Peers__Output as _podlab_v1_Peers__Output } from '../../podlab/v1/Peers.ts';
import type { Rejected as _podlab_v1_Rejected, Rejected__Output as _podlab_v1_Rejected__Output } from '../../podlab/v1/Rejected.ts';
import type { PodStatusAck as _podlab_v1_PodStatusAck, PodStatusAck__Output as _podlab_v1_PodStatusAck__Output } from '../../podlab/v1/PodStatusAck.ts';
import type { CloseStream as _podlab_v1_CloseStream, CloseStream__Output as _podlab_v1_CloseStream__Output } from '../../podlab/v1/CloseStream.ts';

export interface ControlMessage {
  'registered'?: (_podlab_v1_Registered | null);
  'podDesired'?: (_podlab_v1_PodDesired | null);
  'podGone'?: (_podlab_v1_PodGone | null);
  'podsSynced'?: (_podlab_v1_PodsSynced | null);
  'objectReply'?: (_podlab_v1_ObjectReply | null);
  'openStream'?: (_podlab_v1_OpenStream | null);
  'peers'?: (_podlab_v1_Peers | null);
  'rejected'?: (_podlab_v1_Rejected | null);
  'podStatusAck'?: (_podlab_v1_PodStatusAck | null);
  'closeStream'?: (_podlab_v1_CloseStream | null);
  'message'?: "registered"|"podDesired"|"podGone"|"podsSynced"|"objectReply"|"openStream"|"peers"|"rejected"|"podStatusAck"|"closeStream";
}

export interface ControlMessage__Output {
  'registered'?: (_podlab_v1_Registered__Output | null);
  'podDesired'?: (_podlab_v1_PodDesired__Output | null);
  'podGone'?: (_podlab_v1_PodGone__Output | null);
  'podsSynced'?: (_podlab_v1_PodsSynced__Output | null);
  'objectReply'?: (_podlab_v1_ObjectReply__Output | null);
  'openStream'?: (_podlab_v1_OpenStream__Output | null);
  'peers'?: (_podlab_v1_Peers__Output | null);
  'rejected'?: (_podlab_v1_Rejected__Output | null);
  'podStatusAck'?: (_podlab_v1_PodStatusAck__Output | null);
  'closeStream'?: (_podlab_v1_CloseStream__Output | null);
  'message'?: "registered"|"podDesired"|"podGone"|"podsSynced"|"objectReply"|"openStream"|"peers"|"rejected"|"podStatusAck"|"closeStream";
}
