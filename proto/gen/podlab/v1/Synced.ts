// Original file: proto/podlab/v1/proxy.proto


export interface Synced {
}

export interface Synced__Output {
}
