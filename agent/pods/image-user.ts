import type { Container } from '#api/gen/types.ts';
import type { ContainerRuntime } from '../runtime/runtime.ts';
import type { Pod } from './pod-state.ts';

/** Throws when the container must not run as root and would (kubelet `kuberuntime/security_context.go` verifyRunAsNonRoot). */
export async function verifyNonRoot(
  pod: Pod,
  container: Container,
  runtime: Pick<ContainerRuntime, 'image'>,
): Promise<void> {
  const own = container.securityContext ?? {};
  const all = pod.spec?.securityContext ?? {};
  if ((own.runAsNonRoot ?? all.runAsNonRoot) !== true) return;
  const where = `(pod: "${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})", container: ${container.name})`;
  const user = own.runAsUser ?? all.runAsUser;
  if (user === 0) throw new Error(`container's runAsUser breaks non-root policy ${where}`);
  if (user !== undefined) return;
  const name = ((await runtime.image(container.image ?? ''))?.user ?? '').split(':')[0] ?? '';
  if (name === '' || name === '0' || name === 'root') {
    throw new Error(`container has runAsNonRoot and image will run as root ${where}`);
  }
  if (!/^\d+$/.test(name)) {
    throw new Error(
      `container has runAsNonRoot and image has non-numeric user (${name}), cannot verify user is non-root ${where}`,
    );
  }
}
