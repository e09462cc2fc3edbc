import type { Container, LimitRangeItem } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';

type Pod = Kinds['pods'];

/** Where the plugin tells what it has set. */
const ANNOTATION = 'kubernetes.io/limit-ranger';

/** Fills in the requests and limits that a Pod's containers leave out (limitranger `PodMutateLimitFunc`). */
export function applyDefaults(pod: Pod, limits: readonly LimitRangeItem[]): void {
  const ofContainers = limits.filter(({ type }) => type === 'Container');
  const defaults = {
    requests: Object.assign({}, ...ofContainers.map(({ defaultRequest }) => defaultRequest)) as Quantities,
    limits: Object.assign({}, ...ofContainers.map((limit) => limit.default)) as Quantities,
  };
  const told = [
    ...(pod.spec?.containers ?? []).flatMap((one) => fill(one, `container ${one.name}`, defaults)),
    ...(pod.spec?.initContainers ?? []).flatMap((one) => fill(one, `init container ${one.name}`, defaults)),
  ];
  if (told.length === 0) return;
  pod.metadata.annotations = {
    ...pod.metadata.annotations,
    [ANNOTATION]: `LimitRanger plugin set: ${told.join('; ')}`,
  };
}

type Quantities = { [resource: string]: string };

/** `cpu, memory request for container c`. */
function fill(
  container: Container,
  what: string,
  defaults: { requests: Quantities; limits: Quantities },
): string[] {
  return (['requests', 'limits'] as const).flatMap((kind) => {
    const given = container.resources?.[kind] ?? {};
    const missing = Object.entries(defaults[kind]).filter(([name]) => given[name] === undefined);
    if (missing.length === 0) return [];
    container.resources = {
      ...container.resources,
      [kind]: { ...given, ...Object.fromEntries(missing) },
    };
    const names = missing.map(([name]) => name).toSorted();
    return [`${names.join(', ')} ${kind.slice(0, -1)} for ${what}`];
  });
}
