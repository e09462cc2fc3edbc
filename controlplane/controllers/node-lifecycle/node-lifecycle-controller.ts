import type { Kinds } from '#api/resources.ts';
import { runController, type Controller } from '../controller.ts';
import { createEventRecorder } from '../recorder.ts';
import type { ControllerContext } from '../context.ts';
import { createNodeHealth } from './node-health.ts';
import { createPodReadiness } from './pod-readiness.ts';
import { isReady, plannedTaints, silentConditions } from './node-plan.ts';

type Node = Kinds['nodes'];

/** An agent that connects anew reports its Pods first, which may no longer be ready. */
const GIVE_BACK_AFTER_MS = 2000;

/**
 * Judges nodes by their signs of life, as Kubernetes' node lifecycle controller: a silent node's conditions become Unknown, what its
 * conditions say becomes taints, and Pods of a node that is not ready are not ready either, so that Services leave them out.
 */
export function startNodeLifecycleController(context: ControllerContext): Controller {
  const { client, clock, log, options } = context;
  const recorder = createEventRecorder(client, clock, 'node-controller', log);
  const health = createNodeHealth(clock, options.nodeMonitorGraceSeconds * 1000);
  const readiness = createPodReadiness(client, clock, recorder);
  /** Since when nodes are ready again (milliseconds since the epoch). */
  const readySince = new Map<string, number>();
  const controller = runController({ name: 'node-lifecycle', clock, log, sync });

  const stops = [
    client.watch('nodes', { added: onAdded, updated: onUpdated, deleted: onDeleted }),
    client.watch('leases', {
      added: ({ metadata }) => onLease(metadata),
      updated: (_, { metadata }) => onLease(metadata),
    }),
  ];

  function onAdded(node: Node): void {
    const { name } = node.metadata;
    health.observe(node);
    recorder.event(
      node,
      'Normal',
      'RegisteredNode',
      `Node ${name} event: Registered Node ${name} in Controller`,
    );
    controller.enqueue(name);
  }

  function onUpdated(previous: Node, node: Node): void {
    health.observe(node);
    const { name } = node.metadata;
    const [was, is] = [isReady(previous), isReady(node)];
    if (was && !is) {
      recorder.event(node, 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
    }
    if (!was && is) {
      readySince.set(name, clock.now());
      recorder.event(node, 'Normal', 'NodeReady', `Node ${name} status is now: NodeReady`);
    }
    // Whether any node is ready decides for all of them.
    if (was === is) controller.enqueue(name);
    else for (const { metadata } of client.list('nodes')) controller.enqueue(metadata.name);
  }

  function onDeleted(node: Node): void {
    const { name } = node.metadata;
    health.forget(name);
    readySince.delete(name);
    recorder.event(
      node,
      'Normal',
      'RemovingNode',
      `Node ${name} event: Removing Node ${name} from Controller`,
    );
  }

  function onLease({ namespace, name }: Kinds['leases']['metadata']): void {
    if (namespace === 'kube-node-lease') health.renewed(name);
  }

  async function sync(name: string): Promise<void | { requeueAfterMs: number }> {
    const node = client.get('nodes', '', name);
    if (node === undefined) return;
    const silentIn = health.silentIn(node);
    if (silentIn <= 0) {
      const conditions = silentConditions(node, clock.now());
      if (conditions !== undefined) {
        // The event of this change brings the node here again.
        await client.updateStatus('nodes', { ...node, status: { ...node.status, conditions } });
        return;
      }
    }
    await setTaints(node);
    if (!isReady(node)) await readiness.takeAway(name);
    const giveBackIn = readiness.hasTaken(name) && isReady(node) ? await giveBack(name) : silentIn;
    if (silentIn > 0) return { requeueAfterMs: Math.min(silentIn, giveBackIn) };
  }

  /** Returns in how many milliseconds to come again. */
  async function giveBack(name: string): Promise<number> {
    const wait = (readySince.get(name) ?? 0) + GIVE_BACK_AFTER_MS - clock.now();
    if (wait > 0) return wait;
    await readiness.giveBack(name);
    return Infinity;
  }

  async function setTaints(node: Node): Promise<void> {
    const mayEvict = client.list('nodes').some(isReady);
    const taints = plannedTaints(node, mayEvict, clock.now());
    if (taints === undefined) return;
    const { taints: _, ...spec } = node.spec ?? {};
    await client.update('nodes', { ...node, spec: taints.length === 0 ? spec : { ...spec, taints } });
  }

  return {
    ...controller,
    async stop() {
      for (const stop of stops) stop();
      health.stop();
      await controller.stop();
    },
  };
}
