import Docker from 'dockerode';
import { createDockerRuntime } from '../agent/runtime/docker-runtime.ts';
import { runtimeContract } from '../agent/runtime/runtime-contract.ts';

/** Needs the image `busybox:1.36`, which the tests' images hold. */
runtimeContract('Docker', async () => {
  const docker = new Docker();
  const cluster = `podlab-runtime-test-${process.pid}`;
  const runtime = createDockerRuntime({ docker, clusterName: cluster, nodeName: 'node1' });
  return { runtime, image: 'busybox:1.36', prefix: cluster, settle: 200 };
});
