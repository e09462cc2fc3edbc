/** Who reaches whom between three namespaces of three Pods each, under policies, as the end-to-end tests of sig-network ask. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, must, useNamespace } from './cluster.ts';
import { kubectlFor, type Kubectl } from './kubectl.ts';

const lab = useNamespace('netpol');

const NAMESPACES = ['x', 'y', 'z'] as const;
const PODS = ['a', 'b', 'c'] as const;
const namespaceOf = (name: string): string => `netpol-${name}`;
/** `x/a` and so on. */
const ALL = NAMESPACES.flatMap((namespace) => PODS.map((pod) => `${namespace}/${pod}`));

const topology = (nodes: readonly string[]): string =>
  NAMESPACES.map((namespace) =>
    [
      `{apiVersion: v1, kind: Namespace, metadata: {name: ${namespaceOf(namespace)}, labels: {ns: '${namespace}'}}}`,
      ...PODS.map(
        (pod, index) => `apiVersion: v1
kind: Pod
metadata: {name: ${pod}, namespace: ${namespaceOf(namespace)}, labels: {pod: ${pod}}}
spec:
  terminationGracePeriodSeconds: 0
  nodeName: ${nodes[index % nodes.length]}
  containers:
    - name: web
      image: busybox:1.36
      command: [sh, -c, 'mkdir /www && hostname >/www/index.html && httpd -p 81 -h /www && exec httpd -f -p 80 -h /www']
      ports: [{name: serve-80, containerPort: 80}, {name: serve-81, containerPort: 81}]
      readinessProbe: {httpGet: {port: 80}, periodSeconds: 1}`,
      ),
    ].join('\n---\n'),
  ).join('\n---\n');

const SERVICE = `apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {pod: a}, ports: [{port: 8080, targetPort: serve-80}]}
`;

const isIn = (pod: string, namespace: string): boolean => pod.startsWith(`${namespace}/`);

const policy = (name: string, spec: string): string => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: ${name}}
spec: ${spec}
`;

describe('NetworkPolicy', { timeout: 60_000 }, () => {
  let kubectls: ReadonlyMap<string, Kubectl>;
  const ips = new Map<string, string>();
  const inX = (): Kubectl => kubectls.get('x')!;

  beforeAll(async () => {
    kubectls = new Map(
      NAMESPACES.map((name) => [name, kubectlFor(lab.cluster.kubeConfigFile(), namespaceOf(name))]),
    );
    await lab.cluster.apply(topology(lab.cluster.nodes));
    await inX().withInput(SERVICE, 'apply', '-f', '-');
    for (const [name, kubectl] of kubectls) {
      await kubectl('wait', '--for=condition=Ready', 'pod', '--all', '--timeout=60s');
      const shown = await kubectl(
        'get',
        'pods',
        '-o',
        'jsonpath={range .items[*]}{.metadata.name} {.status.podIP}{"\\n"}{end}',
      );
      for (const line of shown.trim().split('\n')) {
        const [pod, ip] = line.split(' ');
        ips.set(`${name}/${pod}`, ip!);
      }
    }
  });

  afterAll(async () => {
    const names = NAMESPACES.map(namespaceOf);
    await lab.kubectl('delete', 'namespace', ...names, '--wait=false', '--ignore-not-found');
  });

  /** Those of the targets that one Pod reaches. All at once, because a packet that is dropped is only known by silence. */
  async function reachedFrom(from: string, targets: readonly string[], port: number): Promise<string[]> {
    const [namespace = '', pod = ''] = from.split('/');
    const lines = targets.map(
      (to) => `(timeout 1 wget -qO/dev/null http://${ips.get(to)}:${port}/ && echo ${to}) 2>/dev/null &`,
    );
    const script = `${lines.join('\n')}\nwait; true`;
    const said = await kubectls.get(namespace)!('exec', pod, '--', 'sh', '-c', script);
    return said.split('\n').filter((line) => line !== '');
  }

  async function reachability(): Promise<string[]> {
    const rows = await Promise.all(
      ALL.map(async (from) => (await reachedFrom(from, ALL, 80)).map((to) => `${from} -> ${to}`)),
    );
    return rows.flat().toSorted();
  }

  /** The whole table is as `allowed` says; a Pod reaches itself in any case. */
  async function expectTable(allowed: (from: string, to: string) => boolean): Promise<void> {
    const wanted = ALL.flatMap((from) =>
      ALL.filter((to) => from === to || allowed(from, to)).map((to) => `${from} -> ${to}`),
    ).toSorted();
    // Again only where a busy machine may have kept somebody waiting for too long.
    await eventually(async () => expect(await reachability()).toEqual(wanted), 8_000);
  }

  /** Applies policies in namespace x for as long as `check` runs. */
  async function under(policies: string, check: () => Promise<void>): Promise<void> {
    await inX().withInput(policies, 'apply', '-f', '-');
    try {
      await check();
    } finally {
      await inX()('delete', 'networkpolicy', '--all');
    }
  }

  /** Of the two ports that every Pod serves, those that others reach on x/a under a policy with this port. */
  async function reachedPorts(port: string): Promise<number[]> {
    const reached: number[] = [];
    await under(
      policy('port', `{podSelector: {matchLabels: {pod: a}}, ingress: [{ports: [${port}]}]}`),
      async () => {
        for (const number of [80, 81]) if ((await guests(number)).length === 3) reached.push(number);
      },
    );
    return reached;
  }

  /** Which of a Pod in each namespace reach x/a. */
  async function guests(port = 80): Promise<string[]> {
    const from = ['x/b', 'y/a', 'z/a'];
    const reached = await Promise.all(from.map((one) => reachedFrom(one, ['x/a'], port)));
    return from.filter((_, index) => reached[index]!.length > 0);
  }

  it('absent: everybody reaches everybody', () => expectTable(() => true));

  it('default-deny-ingress isolates a namespace from all, itself included, and not its way out', () =>
    under(policy('deny', '{podSelector: {}}'), () => expectTable((_, to) => !isIn(to, 'x'))));

  it('default-deny-all isolates both ways', () =>
    under(policy('deny', '{podSelector: {}, policyTypes: [Ingress, Egress]}'), () =>
      expectTable((from, to) => !isIn(from, 'x') && !isIn(to, 'x')),
    ));

  it('adds up: what one of several policies allows is allowed', () =>
    under(
      [
        policy('deny', '{podSelector: {}}'),
        policy(
          'from-b',
          '{podSelector: {matchLabels: {pod: a}}, ingress: [{from: [{podSelector: {matchLabels: {pod: b}}}]}]}',
        ),
        policy(
          'from-y',
          '{podSelector: {matchLabels: {pod: a}}, ingress: [{from: [{namespaceSelector: {matchLabels: {ns: "y"}}}]}]}',
        ),
      ].join('---\n'),
      () =>
        expectTable((from, to) => !isIn(to, 'x') || (to === 'x/a' && (from === 'x/b' || isIn(from, 'y')))),
    ));

  it('tells "and" from "or" between the selectors of peers', () =>
    under(
      policy(
        'from',
        `
  podSelector: {matchLabels: {pod: a}}
  ingress:
    - from:
        - namespaceSelector: {matchExpressions: [{key: ns, operator: NotIn, values: [x, z]}]}
          podSelector: {matchExpressions: [{key: pod, operator: In, values: [b, c]}]}
        - podSelector: {matchLabels: {pod: c}}`,
      ),
      () => expectTable((from, to) => to !== 'x/a' || ['y/b', 'y/c', 'x/c'].includes(from)),
    ));

  it('allows by the number, the name and the range of a port', async () => {
    expect(await reachedPorts('{port: 81}')).toEqual([81]);
    expect(await reachedPorts('{port: serve-80}')).toEqual([80]);
    expect(await reachedPorts('{port: 60, endPort: 80}')).toEqual([80]);
    expect(await reachedPorts('{protocol: UDP}')).toEqual([]);
  });

  it('ipBlock counts Pods too, without its exceptions', () =>
    under(
      policy(
        'block',
        `{podSelector: {matchLabels: {pod: a}}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0, except: [${ips.get('y/b')}/32]}}]}]}`,
      ),
      () => expectTable((from, to) => to !== 'x/a' || from !== 'y/b'),
    ));

  it('on the way out is judged by the Pods behind a Service, and needs DNS to be allowed', async () => {
    const ask = (url: string): Promise<string> =>
      inX()('exec', 'b', '--', 'sh', '-c', `timeout 2 wget -qO- ${url} || echo nothing`);
    const clusterIp = await inX()('get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}');
    const toA = policy(
      'to-a',
      '{podSelector: {matchLabels: {pod: b}}, policyTypes: [Egress], egress: [{to: [{podSelector: {matchLabels: {pod: a}}}]}]}',
    );
    const toDns = policy(
      'to-dns',
      `
  podSelector: {}
  policyTypes: [Egress]
  egress:
    - to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}, podSelector: {matchLabels: {k8s-app: kube-dns}}}]
      ports: [{port: 53, protocol: UDP}]`,
    );
    await under(toA, async () => {
      expect(await ask(`http://${clusterIp}:8080/`)).toBe('a\n');
      expect(await ask('http://web:8080/')).toContain('nothing');
      expect(await ask(`http://${ips.get('y/a')}/`)).toContain('nothing');
      await inX().withInput(toDns, 'apply', '-f', '-');
      expect(await eventually(async () => await ask('http://web:8080/'))).toBe('a\n');
    });
  });

  it('follows the labels of Pods and namespaces', () =>
    under(
      policy(
        'guests',
        '{podSelector: {matchLabels: {pod: a}}, ingress: [{from: [{namespaceSelector: {matchLabels: {guest: "yes"}}}, {podSelector: {matchLabels: {guest: "yes"}}}]}]}',
      ),
      async () => {
        expect(await guests()).toEqual([]);
        await inX()('label', 'pod', 'b', 'guest=yes');
        await lab.kubectl('label', 'namespace', namespaceOf('y'), 'guest=yes');
        await eventually(async () => expect(await guests()).toEqual(['x/b', 'y/a']), 8_000);
        await inX()('label', 'pod', 'b', 'guest-');
        await lab.kubectl('label', 'namespace', namespaceOf('y'), 'guest-');
        expect(await guests()).toEqual([]);
      },
    ));

  it("holds from a Pod's first packet on, and lets its probes through", () =>
    under(
      policy('deny', '{podSelector: {matchLabels: {new: "yes"}}, policyTypes: [Ingress, Egress]}'),
      async () => {
        const first = `for i in 1 2 3; do timeout 1 wget -qO/dev/null http://${ips.get('y/a')}/ && echo open; done; echo over`;
        await inX().withInput(
          `apiVersion: v1
kind: Pod
metadata: {name: new, labels: {new: "yes"}}
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - {name: first, image: 'busybox:1.36', command: [sh, -c, '${first}; sleep infinity']}
    - name: web
      image: busybox:1.36
      command: [httpd, -f, -p, '82']
      readinessProbe: {tcpSocket: {port: 82}, periodSeconds: 1}
`,
          'apply',
          '-f',
          '-',
        );
        await inX()('wait', '--for=condition=Ready', 'pod/new', '--timeout=60s');
        const said = await eventually(async () => {
          const text = await inX()('logs', 'new', '-c', 'first');
          must(text.includes('over'), 'the Pod has not said what it saw');
          return text;
        });
        expect(said).not.toContain('open');
      },
    ));

  it('gone, everybody reaches everybody again', () => expectTable(() => true));
});
