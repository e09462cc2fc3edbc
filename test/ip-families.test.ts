/** Clusters with IPv6: Services, load balancers and names in each of their families, with real packets. */
import { beforeAll, describe, expect, it } from 'vitest';
import { hostInUrl, familyOf } from '#api/ip.ts';
import { PodlabCluster, type IpFamilySetting } from '../cli/testing/index.ts';
import { eventually, get, must, useOwnCluster, type Lab } from './cluster.ts';
import { clusterFor } from './names.ts';

const WEB = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      topologySpreadConstraints:
        - {maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: web}}}
      containers:
        - name: web
          image: busybox:1.36
          command: [sh, -c, 'mkdir /www && hostname >/www/index.html && exec httpd -f -p "[::]:8080" -h /www']
          readinessProbe: {httpGet: {port: 8080}, periodSeconds: 1}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {ipFamilyPolicy: PreferDualStack, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: balancer}
spec: {type: LoadBalancer, ipFamilyPolicy: PreferDualStack, selector: {app: web}, ports: [{port: 8083, targetPort: 8080}]}
`;

const FAMILIES: Readonly<Record<IpFamilySetting, readonly string[]>> = {
  ipv4: ['IPv4'],
  ipv6: ['IPv6'],
  dual: ['IPv4', 'IPv6'],
};

const list = async ({ kubectl }: Lab, what: string, path: string): Promise<string[]> => {
  const text = await kubectl('get', ...what.split(' '), '-o', `jsonpath=${path}`);
  return text.split(' ').filter((one) => one !== '');
};

describe.each([
  ['dual', 'nftables'],
  ['ipv6', 'nftables'],
  ['dual', 'userspace'],
  ['ipv6', 'userspace'],
] as const)('a cluster of %s in %s mode', (setting, mode) => {
  const lab = useOwnCluster('families', () =>
    new PodlabCluster()
      .withName(clusterFor(`${setting}-${mode}`))
      .withNodes(2)
      .withIpFamily(setting)
      .withProxyMode(mode),
  );
  let pods: string[];

  const fetchFrom = async (pod: string, url: string): Promise<string> =>
    (await lab.kubectl('exec', pod, '--', 'timeout', '3', 'wget', '-qO-', url)).trim();

  beforeAll(async () => {
    await lab.kubectl.withInput(WEB, 'apply', '-f', '-');
    await lab.kubectl('rollout', 'status', 'deployment', 'web', '--timeout=90s');
    pods = await list(lab, 'pods -l app=web', '{.items[*].metadata.name}');
  });

  it('gives Pods, nodes and Services addresses of its families, the primary one first', async () => {
    for (const [what, path] of [
      [`pod ${pods[0]}`, '{.status.podIPs[*].ip}'],
      ['node node1', '{.status.addresses[?(@.type=="InternalIP")].address}'],
      ['service web', '{.spec.clusterIPs[*]}'],
      ['service balancer', '{.status.loadBalancer.ingress[*].ip}'],
    ] as const) {
      const addresses = await list(lab, what, path);
      expect(addresses.map(familyOf), what).toEqual(FAMILIES[setting]);
    }
  });

  it('answers each address of a Service, and its name, from Pods of every node', async () => {
    const addresses = await list(lab, 'service web', '{.spec.clusterIPs[*]}');
    for (const host of [...addresses.map(hostInUrl), 'web']) {
      for (const pod of pods) expect(pods).toContain(await fetchFrom(pod, `http://${host}/`));
    }
  });

  it('lets Pods of different nodes reach each other by each address', async () => {
    const [from, to] = pods;
    for (const ip of await list(lab, `pod ${to}`, '{.status.podIPs[*].ip}')) {
      expect(await fetchFrom(from!, `http://${hostInUrl(ip)}:8080/`)).toBe(to);
    }
  });

  it('answers node ports and external addresses from the host', async () => {
    const [nodePort] = await list(lab, 'service balancer', '{.spec.ports[0].nodePort}');
    const nodes = await list(lab, 'nodes', '{.items[*].status.addresses[?(@.type=="InternalIP")].address}');
    const external = await list(lab, 'service balancer', '{.status.loadBalancer.ingress[*].ip}');
    const urls = [
      ...nodes.map((ip) => `http://${hostInUrl(ip)}:${nodePort}/`),
      ...external.map((ip) => `http://${hostInUrl(ip)}:8083/`),
      `${await lab.cluster.serviceUrl('families', 'balancer', 8083)}/`,
    ];
    for (const url of urls) {
      const { body } = await eventually(() => get(url));
      expect(pods, url).toContain(body.trim());
    }
  });

  it('lets Pods reach the API server', async () => {
    const url = 'https://kubernetes.default/readyz';
    const args = ['exec', pods[0]!, '--', 'timeout', '5', 'wget', '-qO-', '--no-check-certificate', url];
    expect(await lab.kubectl(...args)).toBe('ok');
  });

  it.runIf(setting === 'dual')('gives a running Service a second address, and takes it back', async () => {
    const patch = (policy: string): Promise<string> =>
      lab.kubectl('patch', 'service', 'second', '-p', JSON.stringify({ spec: { ipFamilyPolicy: policy } }));
    await lab.kubectl('expose', 'deployment', 'web', '--name=second', '--port=80', '--target-port=8080');
    const [first] = await list(lab, 'service second', '{.spec.clusterIPs[*]}');
    await patch('RequireDualStack');
    const both = await list(lab, 'service second', '{.spec.clusterIPs[*]}');
    expect(both.map(familyOf)).toEqual(['IPv4', 'IPv6']);
    const page = await eventually(() => fetchFrom(pods[0]!, `http://${hostInUrl(both[1]!)}/`));
    expect(pods).toContain(page);
    await patch('SingleStack');
    expect(await list(lab, 'service second', '{.spec.clusterIPs[*]}')).toEqual([first]);
    await eventually(async () => {
      const answered = await fetchFrom(pods[0]!, `http://${hostInUrl(both[1]!)}/`).then(
        () => true,
        () => false,
      );
      must(!answered, `${both[1]} still answers`);
    });
  });
});
