import type { Container, Pod } from '#api/gen/types.ts';
import { quantityMilliValue, quantityValue } from '#api/quantity.ts';

export interface FieldFacts {
  /** Of each IP family one, the primary family's first. */
  readonly podIps: readonly string[];
  readonly hostIps: readonly string[];
}

/** True if the field is known only after the Pod has its address. */
export const needsAddress = (fieldPath: string): boolean => /^status\.podIPs?$/.test(fieldPath);

/** The text of a downward API field (Kubernetes `pkg/fieldpath`); throws for a field that there is none of. */
export function fieldValue(pod: Pod, fieldPath: string, facts: FieldFacts): string {
  const { metadata, spec } = pod;
  const key = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(fieldPath);
  if (key !== null) return metadata?.[key[1] as 'labels' | 'annotations']?.[key[2] ?? ''] ?? '';
  switch (fieldPath) {
    case 'metadata.name':
      return metadata?.name ?? '';
    case 'metadata.namespace':
      return metadata?.namespace ?? '';
    case 'metadata.uid':
      return metadata?.uid ?? '';
    case 'metadata.labels':
      return formatMap(metadata?.labels ?? {});
    case 'metadata.annotations':
      return formatMap(metadata?.annotations ?? {});
    case 'spec.nodeName':
      return spec?.nodeName ?? '';
    case 'spec.serviceAccountName':
      return spec?.serviceAccountName ?? '';
    case 'status.hostIP':
      return facts.hostIps[0] ?? '';
    case 'status.hostIPs':
      return facts.hostIps.join();
    case 'status.podIP':
      return facts.podIps[0] ?? '';
    case 'status.podIPs':
      return facts.podIps.join();
    default:
      throw new Error(`unsupported fieldPath: ${fieldPath}`);
  }
}

/** One `key="value"` a line, in the order of the keys. */
function formatMap(map: Readonly<Record<string, string>>): string {
  return Object.keys(map)
    .sort()
    .map((key) => `${key}=${JSON.stringify(map[key])}`)
    .join('\n');
}

/**
 * A container's request or limit in units of `divisor`, rounded up; `allocatable` stands in for a limit that is not set
 * (Kubernetes `pkg/api/v1/resource/helpers.go`).
 */
export function resourceValue(
  container: Container,
  resource: string,
  divisor: string,
  allocatable: Readonly<Record<string, string>>,
): string {
  const [kind, name] = resource.split(/\.(.*)/s) as [string, string | undefined];
  const set = container.resources?.[kind as 'limits' | 'requests']?.[name ?? ''];
  if ((kind !== 'limits' && kind !== 'requests') || name === undefined) {
    throw new Error(`unsupported container resource : ${resource}`);
  }
  const quantity = set ?? (kind === 'limits' ? allocatable[name] : undefined) ?? '0';
  const unit = divisor === '' || divisor === '0' ? '1' : divisor;
  return name === 'cpu'
    ? String(Math.ceil(quantityMilliValue(quantity) / quantityMilliValue(unit)))
    : String(Math.ceil(quantityValue(quantity) / quantityValue(unit)));
}
