import type { Container } from 'dockerode';
import type { StartedPodlabCluster } from '../testing/index.ts';
import type { Result } from './measure.ts';

/** Resident memory of the control plane's and every node's processes, and of all together. */
export async function benchMemory(cluster: StartedPodlabCluster): Promise<Result[]> {
  const containers: [string, Container][] = [
    ['control plane', cluster.controlPlaneContainer()],
    ...cluster.nodes.map((node): [string, Container] => [node, cluster.nodeContainer(node)]),
  ];
  const results: Result[] = [];
  for (const [name, container] of containers) {
    results.push({ what: `memory of ${name}`, value: await residentMegabytes(container), unit: 'MB' });
  }
  const total = results.reduce((sum, one) => sum + one.value, 0);
  return [...results, { what: 'memory of all together', value: total, unit: 'MB' }];
}

/** The sum over the container's processes: Node.js and the few helpers that it keeps running. */
async function residentMegabytes(container: Container): Promise<number> {
  const { Processes: rows } = (await container.top({ ps_args: '-o pid,rss,comm' })) as {
    Processes: string[][];
  };
  return rows.reduce((sum, [, kilobytes]) => sum + Number(kilobytes), 0) / 1024;
}
