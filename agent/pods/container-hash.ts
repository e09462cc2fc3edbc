import { createHash } from 'node:crypto';
import type { Container } from '#api/gen/types.ts';

/**
 * Changes when a running container has to be started anew. As in the kubelet (`container/helpers.go` HashContainer), only the name and
 * the image count: nothing else that matters may be changed in a Pod.
 */
export const containerHash = (container: Container): string =>
  createHash('sha256')
    .update(JSON.stringify([container.name, container.image ?? '']))
    .digest('hex')
    .slice(0, 8);
