import type { Kinds } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import type { Client } from '../client.ts';
import { type ApiResource, type ApiService } from './aggregation.ts';
import { answerTo, type ApiServiceBackend, unreachable } from './backend.ts';

export interface Verdict {
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
  /** What the server said of its resources. */
  readonly resources?: readonly ApiResource[];
}

const CHECK_MILLISECONDS = 5000;
const MAX_DISCOVERY_BYTES = 4 * 1024 * 1024;

/** Whether an APIService can be used, in the reasons and words of kube-aggregator's `available` controllers. */
export async function judge(
  client: Pick<Client, 'get' | 'list'>,
  backend: ApiServiceBackend,
  service: ApiService,
): Promise<Verdict> {
  if (service.spec?.service === undefined) {
    return { status: 'True', reason: 'Local', message: 'Local APIServices are always available' };
  }
  const missing = missingPart(client, service);
  if (missing !== undefined) return { status: 'False', ...missing };
  try {
    const resources = await discover(backend, service);
    return { status: 'True', reason: 'Passed', message: 'all checks passed', resources };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { status: 'False', reason: 'FailedDiscoveryCheck', message };
  }
}

function missingPart(
  client: Pick<Client, 'get' | 'list'>,
  { spec }: ApiService,
): { reason: string; message: string } | undefined {
  const { namespace = '', name = '', port = 443 } = spec?.service ?? {};
  const where = `service/${name} in ${JSON.stringify(namespace)}`;
  const service = client.get('services', namespace, name);
  if (service === undefined) return { reason: 'ServiceNotFound', message: `${where} is not present` };
  if (service.spec?.type === 'ExternalName') return undefined;
  const servicePort = service.spec?.ports?.find((one) => one.port === port);
  if (servicePort === undefined) {
    return { reason: 'ServicePortError', message: `${where} is not listening on port ${port}` };
  }
  const slices = client.list('endpointslices', namespace, {
    matchLabels: { 'kubernetes.io/service-name': name },
  });
  if (slices.length === 0) {
    return { reason: 'EndpointsNotFound', message: `cannot find endpointslices for ${where}` };
  }
  const portName = servicePort.name ?? '';
  if (slices.some((slice) => hasReady(slice, portName))) return undefined;
  const message = `endpointslices for ${where} have no addresses with port name ${JSON.stringify(portName)}`;
  return { reason: 'MissingEndpoints', message };
}

const hasReady = ({ ports, endpoints }: Kinds['endpointslices'], portName: string): boolean =>
  (ports ?? []).some(({ name = '' }) => name === portName) &&
  (endpoints ?? []).some(({ conditions, addresses }) => conditions?.ready !== false && addresses.length > 0);

/** Asks the server for the resources of the group and version. */
async function discover(backend: ApiServiceBackend, service: ApiService): Promise<readonly ApiResource[]> {
  const {
    group = '',
    version = '',
    service: { namespace = '', name = '', port = 443 } = {},
  } = service.spec ?? {};
  const path = `/apis/${group}/${version}`;
  const url = `https://${name}.${namespace}.svc:${port}${path}`;
  const signal = AbortSignal.timeout(CHECK_MILLISECONDS);
  try {
    const sent = await backend.request(service, { method: 'GET', path, headers: CHECK_HEADERS });
    signal.addEventListener('abort', () => sent.destroy());
    sent.end();
    const answer = await answerTo(sent);
    const { statusCode = 0 } = answer;
    const body = await textOf(answer);
    if (statusCode < 200 || statusCode >= 300)
      throw new StatusError('ServiceUnavailable', `bad status from ${url}: ${statusCode}`);
    return resourcesOf(body);
  } catch (error) {
    const why = signal.aborted ? 'context deadline exceeded' : unreachable(error).message;
    throw new Error(`failing or missing response from ${url}: ${why}`, { cause: error });
  }
}

const CHECK_HEADERS = {
  accept: 'application/json',
  host: 'kubernetes',
  'x-remote-user': 'system:kube-aggregator',
  'x-remote-group': 'system:masters',
};

async function textOf(answer: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer) {
    length += chunk.length;
    if (length > MAX_DISCOVERY_BYTES) throw new Error('the list of resources is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** Only what is whole: another server's word must not break discovery for all. */
function resourcesOf(body: string): readonly ApiResource[] {
  const { resources } = JSON.parse(body) as { resources?: unknown };
  return Array.isArray(resources) ? resources.filter(isResource) : [];
}

function isResource(value: unknown): value is ApiResource {
  const { name, kind, namespaced, verbs } = (value ?? {}) as Partial<ApiResource>;
  return (
    typeof name === 'string' &&
    typeof kind === 'string' &&
    typeof namespaced === 'boolean' &&
    Array.isArray(verbs)
  );
}
