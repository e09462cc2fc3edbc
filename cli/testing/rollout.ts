/** Waiting for a Deployment, with the conditions of `kubectl rollout status` (k8s.io/kubectl pkg/polymorphichelpers/rollout_status.go). */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Api } from '../cluster/api.ts';
import { expectSuccess } from './apply.ts';

interface Deployment {
  metadata: { generation?: number };
  spec: { replicas?: number };
  status?: {
    observedGeneration?: number;
    replicas?: number;
    updatedReplicas?: number;
    availableReplicas?: number;
    conditions?: { type: string; reason?: string; message?: string }[];
  };
}

interface PodList {
  items: {
    metadata: { name: string };
    status?: {
      phase?: string;
      containerStatuses?: { state?: { waiting?: { reason?: string; message?: string } } }[];
    };
  }[];
}

/** @throws Error when the rollout exceeds its progress deadline or `timeoutMs`; the message says what the Pods wait for. */
export async function waitForRollout(
  api: Api,
  namespace: string,
  name: string,
  timeoutMs: number,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
  for (;;) {
    const answer = await api.call('GET', path);
    expectSuccess(`Deployment ${namespace}/${name}`, answer);
    const missing = whatIsMissing(answer.body as Deployment);
    if (missing === undefined) return;
    if (missing.final || Date.now() > deadline) {
      const waiting = await waitingPods(api, namespace).catch(() => []);
      throw new Error([`rollout of ${namespace}/${name}: ${missing.text}`, ...waiting].join('\n    '));
    }
    await sleep(100);
  }
}

/** What a Deployment's rollout still waits for; undefined when it is done. */
export function whatIsMissing(deployment: Deployment): { text: string; final: boolean } | undefined {
  const { status = {}, spec, metadata } = deployment;
  const { replicas = 0, updatedReplicas: updated = 0, availableReplicas: available = 0 } = status;
  const wanted = spec.replicas ?? 1;
  if ((metadata.generation ?? 0) > (status.observedGeneration ?? 0))
    return later('the new spec is not observed yet');
  const progressing = status.conditions?.find((condition) => condition.type === 'Progressing');
  if (progressing?.reason === 'ProgressDeadlineExceeded')
    return { text: progressing.message ?? '', final: true };
  if (updated < wanted) return later(`${updated} of ${wanted} replicas are updated`);
  if (replicas > updated) return later(`${replicas - updated} old replicas are still there`);
  if (available < updated) return later(`${available} of ${updated} updated replicas are available`);
  return undefined;
}

const later = (text: string) => ({ text, final: false });

async function waitingPods(api: Api, namespace: string): Promise<string[]> {
  const { body } = await api.call('GET', `/api/v1/namespaces/${namespace}/pods`);
  return (body as PodList).items.flatMap((pod) => {
    const waiting = pod.status?.containerStatuses
      ?.map((one) => one.state?.waiting)
      .find((one) => one !== undefined);
    if (waiting !== undefined)
      return [`Pod ${pod.metadata.name}: ${waiting.reason} ${waiting.message ?? ''}`.trim()];
    return pod.status?.phase === 'Pending' ? [`Pod ${pod.metadata.name} is Pending`] : [];
  });
}
