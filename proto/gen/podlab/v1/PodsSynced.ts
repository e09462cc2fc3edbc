// Original file: proto/podlab/v1/node.proto


export interface PodsSynced {
}

export interface PodsSynced__Output {
}
