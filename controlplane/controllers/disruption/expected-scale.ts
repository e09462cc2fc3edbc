import type { Kinds, KubeObject } from '#api/resources.ts';
import type { Client } from '../../client.ts';
import { controllerOf } from '../ownership.ts';

type Pod = Kinds['pods'];

/** Why the expected number of Pods cannot be told. */
export class UnknownScale extends Error {}

/**
 * How many Pods the controllers of these Pods want together (disruption `getExpectedScale`): the largest that they say they want, not how many
 * there are. Pods of a ReplicaSet that belongs to a Deployment count as the Deployment's. Throws `UnknownScale`.
 */
export function expectedScale(client: Client, pods: readonly Pod[]): number {
  const wanted = new Map<string, number>();
  for (const pod of pods) {
    const controller = topController(client, pod);
    wanted.set(controller.metadata.uid, replicasOf(controller));
  }
  return [...wanted.values()].reduce((sum, replicas) => sum + replicas, 0);
}

function topController(client: Client, pod: Pod): KubeObject {
  const controller = controllerObject(client, pod);
  if (controller === undefined) {
    throw new UnknownScale(`found no controllers for pod ${JSON.stringify(pod.metadata.name)}`);
  }
  return controller.kind === 'ReplicaSet' ? (controllerObject(client, controller) ?? controller) : controller;
}

function controllerObject(client: Client, owned: Pick<KubeObject, 'metadata'>): KubeObject | undefined {
  const reference = controllerOf(owned);
  const resource = reference && client.catalog.ofKind(reference.apiVersion, reference.kind);
  if (reference === undefined || resource === undefined) return undefined;
  const found = client.of(resource).get(owned.metadata.namespace ?? '', reference.name);
  return found?.metadata.uid === reference.uid ? found : undefined;
}

function replicasOf(controller: KubeObject): number {
  const { spec } = controller as { spec?: { replicas?: unknown } };
  if (typeof spec?.replicas === 'number') return spec.replicas;
  throw new UnknownScale(
    `${controller.kind}.${controller.apiVersion} does not implement the scale subresource`,
  );
}
