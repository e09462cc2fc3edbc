/** Where a process on the host reaches a Service. */
import { hostInUrl } from '#api/ip.ts';
import type { Api } from '../cluster/api.ts';
import { expectSuccess } from './apply.ts';

interface ServicePort {
  name?: string;
  port: number;
  nodePort?: number;
}

interface Service {
  spec: { type?: string; ports?: ServicePort[] };
  status?: { loadBalancer?: { ingress?: { ip?: string }[] } };
}

/**
 * `http://ADDRESS:PORT` of a Service of type NodePort or LoadBalancer.
 * @param port the Service's port, by number or name
 * @param node an address at which the host reaches a node
 * @throws Error for a Service that the host cannot reach, or without that port.
 */
export async function serviceUrl(
  api: Api,
  namespace: string,
  name: string,
  port: number | string,
  node: string,
): Promise<string> {
  const answer = await api.call('GET', `/api/v1/namespaces/${namespace}/services/${name}`);
  expectSuccess(`Service ${namespace}/${name}`, answer);
  return urlOf(answer.body as Service, `${namespace}/${name}`, port, node);
}

export function urlOf(service: Service, what: string, port: number | string, node: string): string {
  const ports = service.spec.ports ?? [];
  const found = ports.find((one) => one.port === port || one.name === port);
  if (found === undefined) {
    throw new Error(`Service ${what} has no port ${port}, but ${ports.map((one) => one.port).join(', ')}`);
  }
  const external = service.status?.loadBalancer?.ingress?.[0]?.ip;
  if (external !== undefined) return `http://${hostInUrl(external)}:${found.port}`;
  if (found.nodePort !== undefined) return `http://${hostInUrl(node)}:${found.nodePort}`;
  throw new Error(
    `Service ${what} is of type ${service.spec.type}: the host reaches NodePort and LoadBalancer only`,
  );
}
