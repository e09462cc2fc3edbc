import { RuntimeError, type ContainerRuntime, type ContainerSpec } from '../runtime/runtime.ts';

/** Creates a container; one of the same name, which an agent that was cut short left behind, gives way. Resolves with the id. */
export async function createAnew(
  runtime: Pick<ContainerRuntime, 'create' | 'remove'>,
  spec: ContainerSpec,
): Promise<string> {
  try {
    return await runtime.create(spec);
  } catch (error) {
    if (!(error instanceof RuntimeError) || error.reason !== 'Conflict') throw error;
    await runtime.remove(spec.name);
    return runtime.create(spec);
  }
}
