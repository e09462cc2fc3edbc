// Original file: proto/podlab/v1/node.proto


export interface KubeletOptions {
}

export interface KubeletOptions__Output {
}
