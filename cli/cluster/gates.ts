/** Ready means: the API answers, every node is Ready, and in every node DNS answers and a Service is reached. */
import { request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { Container } from 'dockerode';
import type { IpFamilySetting } from '#api/cluster-network.ts';
import { messageOf, UserError } from '../errors.ts';
import type { Progress } from '../progress.ts';
import { connect, type Api } from './api.ts';
import { execIn } from './exec.ts';
import { tellingLogs } from './logs.ts';
import { clusterNames, KUBECONFIG_IN_CONTAINER } from './spec.ts';

export type Gate = 'api' | 'nodes' | 'dns' | 'service';

const WORDS: Record<Gate, string> = {
  api: 'the API server does not answer',
  nodes: 'not every node is Ready',
  dns: 'the cluster DNS does not answer',
  service: 'the Service kubernetes is not reached',
};

/** A cluster did not become ready; the message names the gate that stayed shut and holds the logs that matter. */
export class GateError extends UserError {
  readonly gate: Gate;

  constructor(gate: Gate, reason: string, logs: readonly string[] = []) {
    super([`${WORDS[gate]}: ${reason}`, ...logs.map((line) => `    ${line}`)].join('\n'));
    this.gate = gate;
  }
}

export interface ReadyRequest {
  readonly cluster: string;
  /** On 127.0.0.1. */
  readonly apiPort: number;
  readonly ipFamily: IpFamilySetting;
  readonly nodes: readonly string[];
  /** For all gates together. */
  readonly timeoutMs: number;
}

/**
 * Waits until every gate is open.
 * @returns the administrator's kubeconfig.
 * @throws GateError for the first gate that stays shut.
 */
export async function waitUntilReady(
  docker: Docker,
  ready: ReadyRequest,
  progress: Progress,
): Promise<string> {
  const deadline = Date.now() + ready.timeoutMs;
  progress.step('waiting for the API server');
  const kubeconfig = await waitForApi(docker, ready, deadline);
  const api = connect(kubeconfig);
  try {
    progress.step('waiting for the nodes');
    await waitForNodes(docker, api, ready, deadline, progress);
  } finally {
    api.close();
  }
  progress.step('checking DNS and Services in every node');
  // All are let to end, which they do at the same deadline, before a failure is passed on.
  const checks = ready.nodes.map((node) => checkNode(docker, ready, node, deadline));
  const failure = (await Promise.allSettled(checks)).find((one) => one.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
  return kubeconfig;
}

async function waitForApi(docker: Docker, ready: ReadyRequest, deadline: number): Promise<string> {
  const container = docker.getContainer(clusterNames(ready.cluster).controlPlane);
  let reason = '';
  for (let round = 1; Date.now() < deadline; round++) {
    try {
      await askReadyz(ready.apiPort);
      const kubeconfig = await readKubeconfig(container);
      if (kubeconfig !== undefined) return kubeconfig;
      reason = 'no kubeconfig was written';
    } catch (error) {
      reason = messageOf(error);
    }
    // A process that cannot start is started again and again by the engine: three times tell enough.
    if (round % 20 === 0 && (await container.inspect()).RestartCount >= 3) {
      reason = 'its process ends again and again';
      break;
    }
    await sleep(50);
  }
  throw new GateError('api', reason, await tellingLogs(container));
}

/** Resolves when the API server says that it is ready. Whom it is to trust is not known before the kubeconfig is read. */
function askReadyz(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path: '/readyz', rejectUnauthorized: false, timeout: 2000 };
    const asked = request(options, (response) => {
      response.resume();
      if (response.statusCode === 200) resolve();
      else reject(new Error(`/readyz answers ${response.statusCode}`));
    });
    asked.on('timeout', () => asked.destroy(new Error('/readyz is not answered')));
    asked.on('error', reject);
    asked.end();
  });
}

/** The administrator's kubeconfig out of the control plane's container, or undefined while it is not written. */
async function readKubeconfig(container: Container): Promise<string | undefined> {
  const { code, stdout } = await execIn(container, ['cat', KUBECONFIG_IN_CONTAINER]);
  return code === 0 ? stdout : undefined;
}

async function waitForNodes(
  docker: Docker,
  api: Api,
  ready: ReadyRequest,
  deadline: number,
  progress: Progress,
): Promise<void> {
  let missing = [...ready.nodes];
  while (Date.now() < deadline) {
    const isReady = await readyNodes(api).catch(() => new Set<string>());
    missing = ready.nodes.filter((node) => !isReady.has(node));
    if (missing.length === 0) return;
    progress.detail(`not yet Ready: ${missing.join(', ')}`);
    await sleep(50);
  }
  const first = docker.getContainer(clusterNames(ready.cluster).node(missing[0] ?? ''));
  throw new GateError('nodes', `${missing.join(', ')}; log of ${missing[0]}:`, await tellingLogs(first));
}

interface NodeList {
  items?: { metadata: { name: string }; status?: { conditions?: { type: string; status: string }[] } }[];
}

async function readyNodes(api: Api): Promise<Set<string>> {
  const { body } = await api.call('GET', '/api/v1/nodes', { timeoutMs: 2000 });
  const items = (body as NodeList).items ?? [];
  const ready = items.filter((node) =>
    node.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True'),
  );
  return new Set(ready.map((node) => node.metadata.name));
}

async function checkNode(
  docker: Docker,
  { cluster, ipFamily }: ReadyRequest,
  node: string,
  deadline: number,
): Promise<void> {
  const container = docker.getContainer(clusterNames(cluster).node(node));
  const limit = Math.max(1000, deadline - Date.now());
  const command = ['node', '/opt/podlab/check.mjs', String(limit), ipFamily];
  const { code, stdout, stderr } = await execIn(container, command, limit + 5000);
  if (code !== 0) throw new GateError('service', `the check in ${node} ended with ${code}: ${stderr.trim()}`);
  const shut = JSON.parse(stdout) as { gate?: Gate; error?: string };
  if (shut.gate === undefined) return;
  throw new GateError(shut.gate, `in ${node}: ${shut.error}; its log:`, await tellingLogs(container));
}
