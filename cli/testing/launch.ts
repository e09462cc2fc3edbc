import type { ContainerCreateOptions } from 'dockerode';
import { GenericContainer } from 'testcontainers';

/** A container that is just what its spec says, started and cleaned up after by testcontainers. */
class SpecContainer extends GenericContainer {
  constructor(spec: ContainerCreateOptions) {
    super(spec.Image ?? '');
    const { HostConfig: hostConfig = {}, ...createOpts } = spec;
    this.createOpts = createOpts;
    this.hostConfig = hostConfig;
    if (hostConfig.NetworkMode !== undefined) this.networkMode = hostConfig.NetworkMode;
  }
}

/** Creates and starts the container; whether it is of use is for the cluster's gates to say. */
export async function launchWithTestcontainers(spec: ContainerCreateOptions): Promise<void> {
  await new SpecContainer(spec).start();
}
