import type { Kinds } from '#api/resources.ts';
import { duplicate, forbidden, invalid, notSupported, required, type FieldError } from '#api/status.ts';
import { labelValueProblems, qualifiedNameProblems } from '#api/validation.ts';
import type { Strategy } from '../strategy.ts';

type Node = Kinds['nodes'];

const TAINT_EFFECTS = ['NoExecute', 'NoSchedule', 'PreferNoSchedule'];

/** pkg/registry/core/node/strategy.go */
export const nodeStrategy: Strategy<Node> = {
  unknownFieldStyle: 'short',
  selectableFields: { 'spec.unschedulable': ({ spec }) => String(spec?.unschedulable ?? false) },

  setDefaults(node) {
    node.spec ??= {};
    node.status ??= {};
    node.status.daemonEndpoints ??= {};
    node.status.daemonEndpoints.kubeletEndpoint ??= { Port: 0 };
    node.status.nodeInfo = {
      architecture: '',
      bootID: '',
      containerRuntimeVersion: '',
      kernelVersion: '',
      kubeProxyVersion: '',
      kubeletVersion: '',
      machineID: '',
      operatingSystem: '',
      osImage: '',
      systemUUID: '',
      ...node.status.nodeInfo,
    };
    // A node's allocatable is its capacity, unless it says what it keeps for itself.
    if (node.status.capacity !== undefined) {
      node.status.allocatable = { ...node.status.capacity, ...node.status.allocatable };
    }
    for (const taint of node.spec.taints ?? []) {
      if (taint.value === '') delete taint.value;
    }
  },
  /** The TaintNodesByCondition admission: a new node is not ready until its controller says so. */
  prepareForCreate(node) {
    const taints = node.spec?.taints ?? [];
    const notReady = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };
    if (taints.some(({ key, effect }) => key === notReady.key && effect === notReady.effect)) return;
    node.spec = { ...node.spec, taints: [...taints, notReady] };
  },
  validate: validateNode,
  prepareForUpdate(node, old) {
    if (old.status !== undefined) node.status = old.status;
  },
  validateUpdate: validateSpecUpdate,
  status: {
    prepareForUpdate(node, old) {
      if (old.spec !== undefined) node.spec = old.spec;
    },
  },
};

function validateNode({ spec = {} }: Node): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  (spec.taints ?? []).forEach(({ key, value = '', effect }, index) => {
    const path = `spec.taints[${index}]`;
    errors.push(...qualifiedNameProblems(key ?? '').map((problem) => invalid(`${path}.key`, key, problem)));
    errors.push(...labelValueProblems(value).map((problem) => invalid(`${path}.value`, value, problem)));
    if (!effect) errors.push(required(`${path}.effect`));
    else if (!TAINT_EFFECTS.includes(effect)) {
      errors.push(notSupported(`${path}.effect`, effect, TAINT_EFFECTS.toReversed()));
    }
    const identity = `${key}:${effect}`;
    if (seen.has(identity)) {
      errors.push({
        ...duplicate(path, { key, ...(value === '' ? {} : { value }), effect }),
        detail: 'taints must be unique by key and effect pair',
      });
    }
    seen.add(identity);
  });
  return errors;
}

function validateSpecUpdate(node: Node, old: Node): FieldError[] {
  const errors: FieldError[] = [];
  if (old.spec?.podCIDR && node.spec?.podCIDR !== old.spec.podCIDR) {
    errors.push(forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'));
  }
  if (old.spec?.providerID && node.spec?.providerID !== old.spec.providerID) {
    errors.push(
      forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid'),
    );
  }
  return errors;
}
