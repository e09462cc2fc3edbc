/** Services in all their types: the same cases for every proxy mode. */
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { docker, eventually, get, must, type Lab } from './cluster.ts';

const WEB = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: web
          image: busybox:1.36
          command: [sh, -c, 'mkdir /www && hostname >/www/index.html && exec httpd -f -p 8080 -h /www']
          ports: [{name: http, containerPort: 8080}]
          readinessProbe: {httpGet: {port: http}, periodSeconds: 1}
---
apiVersion: v1
kind: Pod
metadata: {name: client}
spec:
  terminationGracePeriodSeconds: 0
  containers: [{name: sh, image: 'busybox:1.36', command: [sleep, infinity]}]
`;

const service = (name: string, spec: string) => `---
apiVersion: v1
kind: Service
metadata: {name: ${name}}
spec: ${spec}
`;

/** Runs in a Pod of its own. `timeout`, since the `-T` of Debian's busybox 1.35 crashes on host names. */
const fetchFromPod = (lab: Lab, url: string, seconds = 3) =>
  lab.kubectl('exec', 'client', '--', 'timeout', String(seconds), 'wget', '-qO-', url);

async function manyPages(count: number, fetchOne: () => Promise<string>): Promise<Set<string>> {
  const seen = new Set<string>();
  for (let i = 0; i < count; i++) seen.add((await fetchOne()).trim());
  return seen;
}

export function describeServices(mode: string, lab: Lab, nodePort: number): void {
  describe(`Services in ${mode} mode`, () => {
    let pods: string[];

    beforeAll(async () => {
      const services = [
        service('cluster', '{selector: {app: web}, ports: [{port: 80, targetPort: http}]}'),
        service(
          'sticky',
          '{sessionAffinity: ClientIP, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}',
        ),
        service('nobody', '{selector: {app: nobody}, ports: [{port: 80}]}'),
        service('headless', '{clusterIP: None, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}'),
        service(
          'node',
          `{type: NodePort, selector: {app: web}, ports: [{port: 80, targetPort: 8080, nodePort: ${nodePort}}]}`,
        ),
        service(
          'balancer',
          '{type: LoadBalancer, selector: {app: web}, ports: [{port: 8081, targetPort: 8080}]}',
        ),
      ];
      await lab.kubectl.withInput(WEB + services.join(''), 'apply', '-f', '-');
      await lab.kubectl('rollout', 'status', 'deployment', 'web', '--timeout=90s');
      await lab.kubectl('wait', '--for=condition=Ready', 'pod/client', '--timeout=60s');
      const names = await lab.kubectl(
        'get',
        'pods',
        '-l',
        'app=web',
        '-o',
        'jsonpath={.items[*].metadata.name}',
      );
      pods = names.split(' ').sort();
    });

    it('answers a ClusterIP by DNS name from a Pod, spread over all endpoints', async () => {
      const seen = await manyPages(30, () => fetchFromPod(lab, 'http://cluster/'));
      expect([...seen].sort()).toEqual(pods);
    });

    it('knows a Service by its short, its namespaced and its full name', async () => {
      for (const name of [
        'cluster',
        `cluster.${lab.namespace}`,
        `cluster.${lab.namespace}.svc.cluster.local`,
      ])
        expect(pods).toContain((await fetchFromPod(lab, `http://${name}/`)).trim());
    });

    it('answers a ClusterIP from every node', async () => {
      const ip = await lab.kubectl('get', 'svc', 'cluster', '-o', 'jsonpath={.spec.clusterIP}');
      for (const node of lab.cluster.nodes) {
        const { stdout } = await lab.cluster.execOnNode(node, [
          'timeout',
          '3',
          'busybox',
          'wget',
          '-qO-',
          `http://${ip}/`,
        ]);
        expect(pods).toContain(stdout.trim());
      }
    });

    it('lets a Pod reach itself through its own Service', async () => {
      for (const pod of pods) {
        const command = 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do timeout 3 wget -qO- http://cluster/; done';
        const pages = await lab.kubectl('exec', pod, '--', 'sh', '-c', command);
        expect(pages.trim().split('\n')).toHaveLength(12);
        expect(pages).toContain(pod);
      }
    });

    it('keeps a client at one endpoint with sessionAffinity ClientIP', async () => {
      expect((await manyPages(10, () => fetchFromPod(lab, 'http://sticky/'))).size).toBe(1);
    });

    it('refuses at once where a Service has no endpoint', async () => {
      const start = Date.now();
      const { code, stderr } = await lab.kubectl.attempt(
        'exec',
        'client',
        '--',
        'timeout',
        '10',
        'wget',
        '-qO-',
        'http://nobody/',
      );
      expect(code).not.toBe(0);
      expect(stderr).toContain('refused');
      expect(Date.now() - start).toBeLessThan(4000);
    });

    it('gives the addresses of all Pods for a headless Service', async () => {
      const ips = await lab.kubectl(
        'get',
        'pods',
        '-l',
        'app=web',
        '-o',
        'jsonpath={.items[*].status.podIP}',
      );
      const answer = await lab.kubectl(
        'exec',
        'client',
        '--',
        'nslookup',
        `headless.${lab.namespace}.svc.cluster.local`,
      );
      for (const ip of ips.split(' ')) expect(answer).toContain(ip);
    });

    it('answers the NodePort on every node, also one without a Pod of it, and on localhost', async () => {
      await lab.kubectl('scale', 'deployment', 'web', '--replicas=1');
      await lab.kubectl('rollout', 'status', 'deployment', 'web');
      await eventually(async () => {
        const left = await lab.kubectl('get', 'pods', '-l', 'app=web', '-o', 'name');
        must(left.trim().split('\n').length === 1, left);
      });
      const addresses = await Promise.all(lab.cluster.nodes.map((node) => lab.cluster.nodeAddress(node)));
      for (const address of [...addresses, '127.0.0.1']) {
        const page = await eventually(() => get(`http://${address}:${nodePort}/`));
        expect(pods).toContain(page.body.trim());
      }
      await lab.kubectl('scale', 'deployment', 'web', '--replicas=3');
      await lab.kubectl('rollout', 'status', 'deployment', 'web', '--timeout=60s');
    });

    it('gives a LoadBalancer an external address that the host reaches', async () => {
      const url = await eventually(async () => {
        const address = await lab.kubectl(
          'get',
          'svc',
          'balancer',
          '-o',
          'jsonpath={.status.loadBalancer.ingress[0].ip}',
        );
        must(address !== '', 'no external address');
        return `http://${address}:8081/`;
      });
      expect((await eventually(() => get(url))).body).toMatch(/^web-/);
      expect(`${await lab.cluster.serviceUrl(lab.namespace, 'balancer', 8081)}/`).toBe(url);
    });

    it("gives a LoadBalancer the host's port too, or says in an Event why not", async () => {
      await eventually(async () => {
        const events = await lab.kubectl('get', 'events', '-o', 'jsonpath={.items[*].message}');
        if (events.includes("Cannot publish port 8081/TCP on the host's localhost")) return;
        expect((await get('http://127.0.0.1:8081/')).body).toMatch(/^web-/);
      });
    });

    it('takes a Pod out of a Service with its label, and back in', async () => {
      const [pod = ''] = (
        await lab.kubectl('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[*].metadata.name}')
      ).split(' ');
      const address = await lab.kubectl('get', 'pod', pod, '-o', 'jsonpath={.status.podIP}');
      const endpoints = () =>
        lab.kubectl(
          'get',
          'endpointslices',
          '-l',
          'kubernetes.io/service-name=cluster',
          '-o',
          'jsonpath={.items[*].endpoints[*].addresses[0]}',
        );
      await lab.kubectl('label', 'pod', pod, 'app=quarantine', '--overwrite');
      await eventually(async () =>
        must(!(await endpoints()).split(' ').includes(address), 'still an endpoint'),
      );
      await eventually(async () => {
        const seen = await manyPages(15, () => fetchFromPod(lab, 'http://cluster/'));
        must(!seen.has(pod), `${pod} still answers`);
      });
      await lab.kubectl('label', 'pod', pod, 'app=web', '--overwrite');
      await eventually(async () => {
        const names = await lab.kubectl('get', 'pods', '-l', 'app=web', '-o', 'name');
        must(names.trim().split('\n').length === 3, 'the ReplicaSet has not settled');
      });
    });

    it('follows readiness: a Pod that is not ready gets no request', async () => {
      const [pod = ''] = (
        await lab.kubectl(
          'get',
          'pods',
          '-l',
          'app=web',
          '--field-selector=status.phase=Running',
          '-o',
          'jsonpath={.items[*].metadata.name}',
        )
      ).split(' ');
      await lab.kubectl('exec', pod, '--', 'mv', '/www/index.html', '/www/away.html');
      await lab.kubectl('wait', '--for=condition=Ready=false', `pod/${pod}`, '--timeout=30s');
      await eventually(async () => {
        const seen = await manyPages(15, () => fetchFromPod(lab, 'http://cluster/'));
        must(!seen.has(pod), `${pod} still answers`);
      });
      await lab.kubectl('exec', pod, '--', 'mv', '/www/away.html', '/www/index.html');
      await lab.kubectl('wait', '--for=condition=Ready', `pod/${pod}`, '--timeout=30s');
    });

    it('leaves nothing on the host when Services go', async () => {
      await lab.kubectl('delete', 'svc', '--all');
      await eventually(async () => {
        const filters = { label: [`io.podlab.cluster=${lab.cluster.name}`, 'io.podlab.role=publisher'] };
        const publishers = await docker.listContainers({ all: true, filters });
        must(publishers.length === 0, publishers.map((one) => one.Names.join()).join());
      });
      await sleep(200);
      const [node = ''] = lab.cluster.nodes;
      await expect(get(`http://${await lab.cluster.nodeAddress(node)}:${nodePort}/`)).rejects.toThrow();
    });
  });
}
