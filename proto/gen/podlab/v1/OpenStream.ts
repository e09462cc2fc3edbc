// Original file: proto/podlab/v1/node.proto

import type { PodRef as _podlab_v1_PodRef, PodRef__Output as _podlab_v1_PodRef__Output } from '../../podlab/v1/PodRef.ts';
import type { ExecOptions as _podlab_v1_ExecOptions, ExecOptions__Output as _podlab_v1_ExecOptions__Output } from '../../podlab/v1/ExecOptions.ts';
import type { AttachOptions as _podlab_v1_AttachOptions, AttachOptions__Output as _podlab_v1_AttachOptions__Output } from '../../podlab/v1/AttachOptions.ts';
import type { LogOptions as _podlab_v1_LogOptions, LogOptions__Output as _podlab_v1_LogOptions__Output } from '../../podlab/v1/LogOptions.ts';
import type { PortForwardOptions as _podlab_v1_PortForwardOptions, PortForwardOptions__Output as _podlab_v1_PortForwardOptions__Output } from '../../podlab/v1/PortForwardOptions.ts';
import type { DialOptions as _podlab_v1_DialOptions, DialOptions__Output as _podlab_v1_DialOptions__Output } from '../../podlab/v1/DialOptions.ts';
import type { KubeletOptions as _podlab_v1_KubeletOptions, KubeletOptions__Output as _podlab_v1_KubeletOptions__Output } from '../../podlab/v1/KubeletOptions.ts';

export interface OpenStream {
  'streamId'?: (string);
  'pod'?: (_podlab_v1_PodRef | null);
  'container'?: (string);
  'exec'?: (_podlab_v1_ExecOptions | null);
  'attach'?: (_podlab_v1_AttachOptions | null);
  'log'?: (_podlab_v1_LogOptions | null);
  'portForward'?: (_podlab_v1_PortForwardOptions | null);
  'dial'?: (_podlab_v1_DialOptions | null);
  'kubelet'?: (_podlab_v1_KubeletOptions | null);
  'what'?: "exec"|"attach"|"log"|"portForward"|"dial"|"kubelet";
}

export interface OpenStream__Output {
  'streamId': (string);
  'pod': (_podlab_v1_PodRef__Output | null);
  'container': (string);
  'exec'?: (_podlab_v1_ExecOptions__Output | null);
  'attach'?: (_podlab_v1_AttachOptions__Output | null);
  'log'?: (_podlab_v1_LogOptions__Output | null);
  'portForward'?: (_podlab_v1_PortForwardOptions__Output | null);
  'dial'?: (_podlab_v1_DialOptions__Output | null);
  'kubelet'?: (_podlab_v1_KubeletOptions__Output | null);
  'what'?: "exec"|"attach"|"log"|"portForward"|"dial"|"kubelet";
}
