/** One cluster for all files that do not need one of their own. */
import Docker from 'dockerode';
import type { TestProject } from 'vitest/node';
import type { StartedCluster } from '../cli/cluster/start.ts';
import { stopCluster } from '../cli/cluster/stop.ts';
import { silent, terminalProgress } from '../cli/progress.ts';
import { PodlabCluster } from '../cli/testing/index.ts';
import { clusterFor } from './names.ts';

export interface SharedCluster extends StartedCluster {
  name: string;
}

declare module 'vitest' {
  export interface ProvidedContext {
    cluster: SharedCluster;
  }
}

/** Short, so that Pods that lose their node move within a test's patience. */
export const EVICTION_SECONDS = 5;

const NAME = clusterFor('tests');

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';
  // What an earlier run left behind when it was killed.
  await stopCluster(new Docker(), NAME, silent);
  const cluster = await new PodlabCluster()
    .withName(NAME)
    .withNodes(3)
    .withEvictionSeconds(EVICTION_SECONDS)
    .withProgress(terminalProgress(process.stderr))
    .start();
  const { name, nodes, apiPort, ipFamily } = cluster;
  project.provide('cluster', { name, nodes, apiPort, ipFamily, kubeconfig: cluster.kubeConfig() });
  return () => cluster.stop();
}
