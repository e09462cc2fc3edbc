import type { PodTemplateSpec } from '#api/gen/types.ts';
import { canonical } from '../equality.ts';
import { TEMPLATE_HASH } from './annotations.ts';

const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/**
 * The value of `pod-template-hash`: FNV-32a, in the letters that Kubernetes uses. Kubernetes hashes a dump of its own Go structs, this
 * hashes canonical JSON, so the values differ; nothing depends on more than that equal templates have equal hashes.
 *
 * @param collisions how often a hash was found taken by another template (`status.collisionCount`).
 */
export function templateHash(template: PodTemplateSpec, collisions = 0): string {
  const hash = fnv32a(`${canonical(template)}${collisions === 0 ? '' : collisions}`);
  return String(hash).replaceAll(/\d/g, (digit) => ALPHABET[digit.charCodeAt(0) % ALPHABET.length]!);
}

function fnv32a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** `EqualIgnoreHash`: whether both templates make the same Pods. */
export const sameTemplate = (one: PodTemplateSpec, other: PodTemplateSpec): boolean =>
  canonical(withoutHash(one)) === canonical(withoutHash(other));

function withoutHash(template: PodTemplateSpec): PodTemplateSpec {
  const { [TEMPLATE_HASH]: _, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
}
