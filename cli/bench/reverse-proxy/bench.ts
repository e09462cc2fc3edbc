/** Userspace mode's HTTP beside nginx as a reverse proxy with one worker: the same backend, the same client, in turn. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { median, type Result } from '../measure.ts';
import { requestsPerSecond } from './client.ts';

const IMAGE = 'nginx:alpine';
const LABEL = { 'io.podlab.bench': 'reverse-proxy' };
const CONNECTIONS = 32;
const ROUNDS = 5;
const SECONDS = 2;
/** Seconds for the compiler of the one and the caches of both. */
const WARM_UP = 3;

/** A proxy under measurement. */
interface Subject {
  readonly port: number;
  /** Seconds of processor time that it took so far. */
  cpu(): Promise<number>;
  stop(): Promise<void>;
}

/**
 * Two figures: requests a second, and requests a second of the proxy's own processor time, which holds also where client, backend and proxy share
 * too few processors. Needs Docker containers in this machine's network.
 */
export async function benchReverseProxy(docker: Docker): Promise<Result[]> {
  const [backendPort = 0, nginxPort = 0, podlabPort = 0] = await freePorts(3);
  const subjects: Subject[] = [];
  try {
    subjects.push(
      await startNginx(docker, backendPort, 'return 200 "an answer of some forty characters length\\n";'),
    );
    subjects.push(
      await startNginx(
        docker,
        nginxPort,
        PASS,
        `upstream backend { server 127.0.0.1:${backendPort}; keepalive 64; keepalive_requests 1000000000; }`,
      ),
    );
    subjects.push(await startPodlab(podlabPort, backendPort));
    const [, nginx, podlab] = subjects as [Subject, Subject, Subject];
    return await compare(nginx, podlab);
  } finally {
    for (const subject of subjects) await subject.stop();
  }
}

const PASS = [
  'proxy_pass http://backend;',
  'proxy_http_version 1.1;',
  'proxy_set_header Connection "";',
  'proxy_set_header Host $http_host;',
  'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
  'proxy_set_header X-Forwarded-Proto $scheme;',
  'proxy_set_header X-Forwarded-Host $http_host;',
].join(' ');

interface Measured {
  readonly rate: number;
  readonly perCpuSecond: number;
}

async function compare(nginx: Subject, podlab: Subject): Promise<Result[]> {
  for (const { port } of [nginx, podlab]) await requestsPerSecond(port, CONNECTIONS, WARM_UP);
  const ofNginx: Measured[] = [];
  const ofPodlab: Measured[] = [];
  // In turn, so that what else the machine does meets both.
  for (let round = 0; round < ROUNDS; round++) {
    ofNginx.push(await measure(nginx));
    ofPodlab.push(await measure(podlab));
  }
  const result = (what: string, pick: (one: Measured) => number): Result => ({
    what: `HTTP in userspace mode, ${what}`,
    value: median(ofPodlab.map(pick)),
    unit: '/s',
    beside: { what: 'nginx', value: median(ofNginx.map(pick)) },
  });
  return [
    result('requests', ({ rate }) => rate),
    result('requests by processor time', ({ perCpuSecond }) => perCpuSecond),
  ];
}

async function measure(subject: Subject): Promise<Measured> {
  const before = await subject.cpu();
  const rate = await requestsPerSecond(subject.port, CONNECTIONS, SECONDS);
  return { rate, perCpuSecond: (rate * SECONDS) / ((await subject.cpu()) - before) };
}

async function startNginx(docker: Docker, port: number, location: string, upstream = ''): Promise<Subject> {
  const config = `worker_processes 1; error_log /dev/null; pid /tmp/nginx.pid; events { worker_connections 1024; }
http { access_log off; keepalive_requests 1000000000; ${upstream}
server { listen 127.0.0.1:${port}; location / { default_type text/plain; ${location} } } }`;
  const container = await docker.createContainer({
    Image: IMAGE,
    Entrypoint: [
      'sh',
      '-c',
      'printf %s "$CONFIG" > /tmp/nginx.conf && exec nginx -c /tmp/nginx.conf -g "daemon off;"',
    ],
    Env: [`CONFIG=${config}`],
    Labels: LABEL,
    HostConfig: { NetworkMode: 'host' },
  });
  await container.start();
  return {
    port,
    async cpu() {
      const stats = await container.stats({ stream: false, 'one-shot': true });
      return stats.cpu_stats.cpu_usage.total_usage / 1e9;
    },
    stop: () => container.remove({ force: true }) as Promise<void>,
  };
}

async function startPodlab(port: number, backendPort: number): Promise<Subject> {
  const child = fork(join(import.meta.dirname, 'subject.ts'), [`${port}`, `${backendPort}`]);
  await answerOf(child);
  return {
    port,
    cpu: async () => {
      child.send('cpu');
      return (await answerOf(child)) as number;
    },
    async stop() {
      const gone = once(child, 'exit');
      child.disconnect();
      await gone;
    },
  };
}

async function answerOf(child: ChildProcess): Promise<unknown> {
  const over = new AbortController();
  const { signal } = over;
  const failed = once(child, 'exit', { signal }).then(() => {
    throw new Error('the proxy of the bench ended');
  });
  // Of the two that are waited for, one is left over.
  failed.catch(() => {});
  try {
    const [message] = (await Promise.race([once(child, 'message', { signal }), failed])) as [unknown];
    return message;
  } finally {
    over.abort();
  }
}

/** Free when they were looked for. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
