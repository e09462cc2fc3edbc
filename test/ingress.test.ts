/** Ingresses and the Gateway API, with kubectl and real requests from the host. */
import { Agent, type IncomingMessage, request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCa, issue } from '../controlplane/pki/certificates.ts';
import { eventually, must, useNamespace } from './cluster.ts';

const lab = useNamespace('ingress');

/** Says its name and what it was asked; listens as soon as it is ready. */
const app = (name: string, replicas: number): string => `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec:
      terminationGracePeriodSeconds: 5
      containers:
        - name: web
          image: nginx:alpine
          command: [sh, -c]
          args:
            - |
              echo 'server { listen 80; location / { return 200 "${name} $request_uri $http_x_forwarded_proto\\n"; } }' >/etc/nginx/conf.d/default.conf
              exec nginx -g 'daemon off;'
          ports: [{name: http, containerPort: 80}]
          readinessProbe: {tcpSocket: {port: http}, periodSeconds: 1}
          lifecycle: {preStop: {sleep: {seconds: 1}}}
---
apiVersion: v1
kind: Service
metadata: {name: ${name}}
spec: {selector: {app: ${name}}, ports: [{name: http, port: 80}]}
`;

const INGRESS = `---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop}
spec:
  tls: [{hosts: [secure.shop.test], secretName: shop}]
  defaultBackend: {service: {name: blue, port: {number: 80}}}
  rules:
    - host: shop.test
      http:
        paths:
          - {path: /, pathType: Prefix, backend: {service: {name: blue, port: {number: 80}}}}
          - {path: /green, pathType: Prefix, backend: {service: {name: green, port: {name: http}}}}
          - {path: /green/exact, pathType: Exact, backend: {service: {name: blue, port: {name: http}}}}
    - host: '*.shop.test'
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: green, port: {number: 80}}}}]}
    - host: secure.shop.test
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: blue, port: {number: 80}}}}]}
    - host: missing.shop.test
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: nobody, port: {number: 80}}}}]}
`;

const GATEWAY = `---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: front}
spec:
  gatewayClassName: podlab
  listeners: [{name: http, port: 8080, protocol: HTTP, hostname: '*.gate.test'}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: shop}
spec:
  parentRefs: [{name: front}]
  hostnames: [a.gate.test]
  rules:
    - matches: [{path: {value: /old}}]
      filters:
        - type: RequestRedirect
          requestRedirect: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /new}, statusCode: 301}
    - matches: [{headers: [{name: x-color, value: green}]}]
      backendRefs: [{name: green, port: 80}]
      filters:
        - {type: URLRewrite, urlRewrite: {path: {type: ReplaceFullPath, replaceFullPath: /rewritten}}}
    - backendRefs: [{name: blue, port: 80, weight: 1}, {name: green, port: 80, weight: 1}]
      filters:
        - {type: ResponseHeaderModifier, responseHeaderModifier: {set: [{name: x-via, value: gate}]}}
`;

interface Answer {
  status: number;
  body: string;
  headers: NodeJS.Dict<string | string[]>;
}

/** One request, for a host that no DNS knows. */
function ask(
  at: { address: string; port: number; secure?: boolean },
  host: string,
  path: string,
  headers: Record<string, string> = {},
  agent: Agent | false = false,
): Promise<Answer> {
  const { address, port, secure = false } = at;
  const options = { host: address, port, path, headers: { host, ...headers }, agent, timeout: 5000 };
  return new Promise((resolve, reject) => {
    const answered = (response: IncomingMessage): void => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: body.trim(), headers: response.headers }),
      );
    };
    const asked = secure
      ? secureRequest({ ...options, agent: false, servername: host, rejectUnauthorized: false }, answered)
      : request(options, answered);
    asked.on('timeout', () => asked.destroy(new Error(`no answer from ${host}${path}`)));
    asked.on('error', reject);
    asked.end();
  });
}

let directory: string;
let nodeAddress: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'podlab-ingress-'));
  nodeAddress = await lab.cluster.nodeAddress(lab.cluster.nodes[0]!);
  await lab.kubectl.withInput(app('blue', 2) + app('green', 1), 'apply', '-f', '-');
  await lab.kubectl('rollout', 'status', 'deployment/blue', '--timeout=60s');
  await lab.kubectl('rollout', 'status', 'deployment/green', '--timeout=60s');
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function nodePort(namespace: string, service: string, port: number): Promise<number> {
  const text = await lab.kubectl('-n', namespace, 'get', 'service', service, '-o', 'json');
  const { spec } = JSON.parse(text) as { spec: { ports: { port: number; nodePort: number }[] } };
  return spec.ports.find((one) => one.port === port)!.nodePort;
}

/** Arguments of `kubectl create secret tls`. */
async function makeCertificate(name: string): Promise<string[]> {
  const [keyFile, certFile] = [join(directory, `${name}.key`), join(directory, `${name}.crt`)];
  const request = { commonName: name, usage: 'server', hosts: [name] } as const;
  const { key, cert } = await issue(await createCa('test', Date.now()), request, Date.now());
  await writeFile(keyFile, key);
  await writeFile(certFile, cert);
  return [`--key=${keyFile}`, `--cert=${certFile}`];
}

describe('an Ingress', () => {
  let http: { address: string; port: number };
  let https: { address: string; port: number; secure: true };

  beforeAll(async () => {
    await lab.kubectl('create', 'secret', 'tls', 'shop', ...(await makeCertificate('secure.shop.test')));
    await lab.kubectl.withInput(INGRESS, 'apply', '-f', '-');
    await eventually(async () => {
      const table = await lab.kubectl('get', 'ingress', 'shop');
      must(/podlab .* \d+\.\d+\.\d+\.\d+ +80, 443/.test(table), table);
    });
    http = { address: nodeAddress, port: await nodePort('kube-system', 'podlab-ingress', 80) };
    https = {
      address: nodeAddress,
      port: await nodePort('kube-system', 'podlab-ingress', 443),
      secure: true,
    };
    await eventually(async () => must((await ask(http, 'shop.test', '/')).status === 200, 'not served'));
  });

  it('is routed by host and path as Kubernetes says', async () => {
    const bodies = async (host: string, path: string) => (await ask(http, host, path)).body;
    expect(await bodies('shop.test', '/x')).toBe('blue /x http');
    expect(await bodies('shop.test', '/green')).toBe('green /green http');
    expect(await bodies('shop.test', '/green/a?b=c')).toBe('green /green/a?b=c http');
    expect(await bodies('shop.test', '/greenish')).toBe('blue /greenish http');
    expect(await bodies('shop.test', '/green/exact')).toBe('blue /green/exact http');
    expect(await bodies('any.shop.test', '/')).toBe('green / http');
    expect(await bodies('a.b.shop.test', '/')).toBe('blue / http');
    expect((await ask(http, 'missing.shop.test', '/')).status).toBe(503);
  });

  it('is reached by its own address, and by the data plane of every node', async () => {
    const path = '{.status.loadBalancer.ingress[0].ip}';
    const address = await lab.kubectl('get', 'ingress', 'shop', '-o', `jsonpath=${path}`);
    expect((await ask({ address, port: 80 }, 'shop.test', '/')).status).toBe(200);
    for (const node of lab.cluster.nodes) {
      const at = { ...http, address: await lab.cluster.nodeAddress(node) };
      expect((await ask(at, 'shop.test', '/')).status).toBe(200);
    }
  });

  it('leads to HTTPS, with the certificate of its Secret', async () => {
    const answer = await ask(http, 'secure.shop.test', '/a?b=c');
    expect([answer.status, answer.headers['location']]).toEqual([308, 'https://secure.shop.test/a?b=c']);
    expect((await ask(https, 'secure.shop.test', '/')).body).toBe('blue / https');
  });

  it('says what of it cannot be served', async () => {
    await eventually(async () => {
      const text = await lab.kubectl('describe', 'ingress', 'shop');
      must(/ServiceNotFound .*Service "ingress\/nobody" not found/.test(text), text);
    });
  });

  it('loses no request while its backend is replaced', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 4 });
    const counts = { served: 0, failed: [] as string[] };
    const over = new AbortController();
    const clients = Array.from({ length: 4 }, async (_, index) => {
      while (!over.signal.aborted) {
        const kept = index < 2 ? agent : false;
        const { status } = await ask(http, 'shop.test', '/', {}, kept).catch((error: Error) => ({
          status: error.message,
        }));
        if (status === 200) counts.served++;
        else counts.failed.push(String(status));
      }
    });
    await lab.kubectl('rollout', 'restart', 'deployment/blue');
    await lab.kubectl('rollout', 'status', 'deployment/blue', '--timeout=60s');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    over.abort();
    await Promise.all(clients);
    agent.destroy();
    expect(counts.failed).toEqual([]);
    expect(counts.served).toBeGreaterThan(50);
  });

  it('goes, and with the last one the Service in front of them', async () => {
    await lab.kubectl('delete', 'ingress', 'shop');
    await eventually(async () => {
      const { stdout } = await lab.kubectl.attempt('get', 'service', 'podlab-ingress', '-n', 'kube-system');
      must(stdout === '', stdout);
    });
  });
});

describe('a Gateway', () => {
  let at: { address: string; port: number };

  beforeAll(async () => {
    await lab.kubectl.withInput(GATEWAY, 'apply', '-f', '-');
    await lab.kubectl('wait', '--for=condition=Programmed', 'gateway/front', '--timeout=20s');
    at = { address: nodeAddress, port: await nodePort(lab.namespace, 'front-podlab', 8080) };
    await eventually(async () => must((await ask(at, 'a.gate.test', '/')).status === 200, 'not served'));
  });

  it('is shown with its class and address', async () => {
    expect(await lab.kubectl('get', 'gateway', 'front')).toMatch(/front +podlab +\d+\.\d+\.\d+\.\d+ +True/);
  });

  it('serves its routes by match, filter and weight', async () => {
    const seen = new Set<string>();
    for (let i = 0; i < 40; i++) {
      const answer = await ask(at, 'a.gate.test', '/');
      expect(answer.headers['x-via']).toBe('gate');
      seen.add(answer.body);
    }
    expect([...seen].sort()).toEqual(['blue / http', 'green / http']);
    const green = await ask(at, 'a.gate.test', '/x?y=z', { 'x-color': 'green' });
    expect(green.body).toBe('green /rewritten?y=z http');
    const moved = await ask(at, 'a.gate.test', '/old/page');
    expect([moved.status, moved.headers['location']]).toEqual([301, 'http://a.gate.test:8080/new/page']);
    expect((await ask(at, 'b.gate.test', '/')).status).toBe(404);
  });
});
