// Original file: proto/podlab/v1/node.proto

import type { Resize as _podlab_v1_Resize, Resize__Output as _podlab_v1_Resize__Output } from '../../podlab/v1/Resize.ts';
import type { EndOf as _podlab_v1_EndOf, EndOf__Output as _podlab_v1_EndOf__Output } from '../../podlab/v1/EndOf.ts';

export interface StreamChunk {
  'opened'?: (string);
  'stdin'?: (Buffer | Uint8Array | string);
  'stdout'?: (Buffer | Uint8Array | string);
  'stderr'?: (Buffer | Uint8Array | string);
  'resize'?: (_podlab_v1_Resize | null);
  'end'?: (_podlab_v1_EndOf);
  'statusJson'?: (Buffer | Uint8Array | string);
  'chunk'?: "opened"|"stdin"|"stdout"|"stderr"|"resize"|"end"|"statusJson";
}

export interface StreamChunk__Output {
  'opened'?: (string);
  'stdin'?: (Buffer);
  'stdout'?: (Buffer);
  'stderr'?: (Buffer);
  'resize'?: (_podlab_v1_Resize__Output | null);
  'end'?: (_podlab_v1_EndOf__Output);
  'statusJson'?: (Buffer);
  'chunk'?: "opened"|"stdin"|"stdout"|"stderr"|"resize"|"end"|"statusJson";
}
