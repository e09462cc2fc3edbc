import type { Kinds } from '#api/resources.ts';
import { since } from './durations.ts';
import { NONE } from './format.ts';
import { AGE, NAME, type Printer, column, wide } from './table.ts';

export const nodePrinter: Printer<Kinds['nodes']> = {
  columns: [
    NAME,
    column('Status', 'The status of the node'),
    column('Roles', 'The roles of the node'),
    AGE,
    column('Version'),
    wide('Internal-IP'),
    wide('External-IP'),
    wide('OS-Image'),
    wide('Kernel-Version'),
    wide('Container-Runtime'),
  ],
  cells: (node, now) => {
    const info = node.status?.nodeInfo;
    return [
      node.metadata.name,
      nodeStatus(node),
      roles(node.metadata.labels ?? {}),
      since(node.metadata.creationTimestamp, now),
      info?.kubeletVersion ?? '',
      addressOf(node, 'InternalIP'),
      addressOf(node, 'ExternalIP'),
      orUnknown(info?.osImage),
      kernel(info),
      orUnknown(info?.containerRuntimeVersion),
    ];
  },
};

type NodeInfo = NonNullable<NonNullable<Kinds['nodes']['status']>['nodeInfo']>;

function nodeStatus({ spec, status }: Kinds['nodes']): string {
  const ready = (status?.conditions ?? []).find((condition) => condition.type === 'Ready');
  const words = [ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'];
  if (spec?.unschedulable === true) words.push('SchedulingDisabled');
  return words.join(',');
}

const ROLE_PREFIX = 'node-role.kubernetes.io/';
const ROLE_LABEL = 'kubernetes.io/role';

function roles(labels: Readonly<Record<string, string>>): string {
  const found = new Set<string>();
  for (const [key, value] of Object.entries(labels)) {
    if (key.startsWith(ROLE_PREFIX) && key.length > ROLE_PREFIX.length)
      found.add(key.slice(ROLE_PREFIX.length));
    else if (key === ROLE_LABEL && value !== '') found.add(value);
  }
  return found.size === 0 ? NONE : [...found].toSorted().join(',');
}

const addressOf = ({ status }: Kinds['nodes'], type: string): string =>
  (status?.addresses ?? []).find((address) => address.type === type)?.address ?? NONE;

/** `6.1.0 (amd64)`, as printNode of Kubernetes 1.36 has it; an unknown part is left out. */
function kernel(info: NodeInfo | undefined): string {
  const version = orUnknown(info?.kernelVersion);
  return info?.architecture ? `${version} (${info.architecture})` : version;
}

const orUnknown = (text: string | undefined): string =>
  text === undefined || text === '' ? '<unknown>' : text;
