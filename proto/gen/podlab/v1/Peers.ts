// Original file: proto/podlab/v1/node.proto

import type { Peer as _podlab_v1_Peer, Peer__Output as _podlab_v1_Peer__Output } from '../../podlab/v1/Peer.ts';

export interface Peers {
  'peers'?: (_podlab_v1_Peer)[];
}

export interface Peers__Output {
  'peers': (_podlab_v1_Peer__Output)[];
}
