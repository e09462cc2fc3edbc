// Original file: proto/podlab/v1/node.proto


export interface Heartbeat {
}

export interface Heartbeat__Output {
}
