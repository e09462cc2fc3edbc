import type { KubeObject } from '#api/resources.ts';
import type { Entry } from '../../../store/store.ts';

/**
 * The class that an annotation declares the default one. Of several it is the newest, and of equally old ones the first by name
 * (`storageutil.GetDefaultClass`): whoever replaces the default need not do it in one step.
 */
export function newestDefault(classes: readonly Entry[], annotations: readonly string[]): string | undefined {
  const defaults = classes.map(({ object }) => object).filter((object) => isDefault(object, annotations));
  return defaults.toSorted(byAge)[0]?.metadata.name;
}

const isDefault = ({ metadata }: KubeObject, annotations: readonly string[]): boolean =>
  annotations.some((annotation) => metadata.annotations?.[annotation] === 'true');

const createdAt = ({ metadata }: KubeObject): number => Date.parse(metadata.creationTimestamp);

const byAge = (a: KubeObject, b: KubeObject): number =>
  createdAt(b) - createdAt(a) || (a.metadata.name < b.metadata.name ? -1 : 1);
