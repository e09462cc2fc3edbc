/** `podlab/testing`: a Kubernetes cluster for your tests, up in seconds. */
export type { IpFamilySetting } from '#api/cluster-network.ts';
export { GateError, type Gate } from '../cluster/gates.ts';
export type { ExecResult } from '../cluster/exec.ts';
export type { ProxyMode } from '../cluster/spec.ts';
export { ApiError } from './apply.ts';
export { PodlabCluster, StartedPodlabCluster } from './cluster.ts';
