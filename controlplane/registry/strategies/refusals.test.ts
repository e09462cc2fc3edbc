import { refusesCreates, refusesUpdates, type BadCreate, type BadUpdate } from './test-refusals.ts';

const service = (port: object) => ({ service: { name: 'svc', port } });
const path = (more: object) => ({ path: '/', pathType: 'Prefix', backend: service({ number: 80 }), ...more });
const ingress = (more: object) => ({ spec: { rules: [{ http: { paths: [path(more)] } }] } });
const ingressFrom = (peer: object) => ({ spec: { podSelector: {}, ingress: [{ from: [peer] }] } });
const egressTo = (port: object) => ({ spec: { podSelector: {}, egress: [{ ports: [port] }] } });
const webhook = (more: object) => ({
  webhooks: [
    {
      name: 'a.b.c',
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      clientConfig: { url: 'https://x.y' },
      rules: [],
      ...more,
    },
  ],
});
const rule = (more: object) =>
  webhook({
    rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'], ...more }],
  });
const attachment = (source: object) => ({ spec: { attacher: 'a', nodeName: 'n', source } });

const CREATES: readonly BadCreate[] = [
  ['ingresses', {}, ['spec: Invalid value: null: either `defaultBackend` or `rules` must be specified']],
  [
    'ingresses',
    ingress({ pathType: undefined }),
    ['spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified'],
  ],
  [
    'ingresses',
    ingress({ path: 'a//b/..' }),
    [
      'spec.rules[0].http.paths[0].path: Invalid value: "a//b/..": must be an absolute path',
      `spec.rules[0].http.paths[0].path: Invalid value: "a//b/..": must not contain '//'`,
      `spec.rules[0].http.paths[0].path: Invalid value: "a//b/..": cannot end with '/..'`,
    ],
  ],
  [
    'ingresses',
    ingress({ pathType: 'Regex', backend: service({}) }),
    [
      'spec.rules[0].http.paths[0].pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"',
      'spec.rules[0].http.paths[0].backend: Required value: port name or number is required',
    ],
  ],
  [
    'ingresses',
    { spec: { rules: [{ host: '10.0.0.1' }] } },
    ['spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address'],
  ],
  [
    'ingressclasses',
    { spec: { controller: 'x' } },
    ['spec.controller: Invalid value: "x": must be a domain-prefixed path (such as "acme.io/foo")'],
  ],
  [
    'ingressclasses',
    { spec: { controller: 'x.y/z', parameters: { kind: 'K', name: 'n', namespace: 'm' } } },
    ["spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'"],
  ],
  ['networkpolicies', ingressFrom({}), ['spec.ingress[0].from[0]: Required value: must specify a peer']],
  [
    'networkpolicies',
    ingressFrom({ podSelector: {}, ipBlock: { cidr: '10.0.0.0/33' } }),
    [
      'spec.ingress[0].from[0].ipBlock.cidr: Invalid value: "10.0.0.0/33": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
      'spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer',
    ],
  ],
  [
    'networkpolicies',
    ingressFrom({ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16', '11.0.0.0/16'] } }),
    [
      'spec.ingress[0].from[0].ipBlock.except[1]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`',
    ],
  ],
  [
    'networkpolicies',
    egressTo({ port: 80, endPort: 70, protocol: 'ICMP' }),
    [
      'spec.egress[0].ports[0].protocol: Unsupported value: "ICMP": supported values: "TCP", "UDP", "SCTP"',
      'spec.egress[0].ports[0].endPort: Invalid value: 70: must be greater than or equal to `port`',
    ],
  ],
  ['servicecidrs', { spec: {} }, ['spec.cidrs: Required value: at least one CIDR required']],
  ['storageclasses', {}, ['provisioner: Required value']],
  [
    'storageclasses',
    { provisioner: 'x', reclaimPolicy: 'Recycle' },
    ['reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"'],
  ],
  [
    'volumeattachments',
    attachment({}),
    ['spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName'],
  ],
  [
    'volumeattributesclasses',
    { driverName: 'd' },
    ['parameters: Required value: must contain at least one key/value pair'],
  ],
  [
    'validatingwebhookconfigurations',
    webhook({ name: 'a.b', sideEffects: 'Some', timeoutSeconds: 31 }),
    [
      'webhooks[0].name: Invalid value: "a.b": should be a domain with at least three segments separated by dots',
      'webhooks[0].sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"',
      'webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds',
    ],
  ],
  [
    'mutatingwebhookconfigurations',
    webhook({ clientConfig: { url: 'http://u:p@x.y/?a=b' }, reinvocationPolicy: 'Always' }),
    [
      'webhooks[0].reinvocationPolicy: Unsupported value: "Always": supported values: "IfNeeded", "Never"',
      `webhooks[0].clientConfig.url: Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path]`,
      'webhooks[0].clientConfig.url: Invalid value: "u:p": user information is not permitted in the URL',
      'webhooks[0].clientConfig.url: Invalid value: "a=b": query parameters are not permitted in the URL',
    ],
  ],
  [
    'validatingwebhookconfigurations',
    webhook({ clientConfig: {}, admissionReviewVersions: ['v2'] }),
    [
      'webhooks[0].clientConfig: Required value: exactly one of url or service is required',
      'webhooks[0].admissionReviewVersions: Invalid value: ["v2"]: must include at least one of v1, v1beta1',
    ],
  ],
  [
    'validatingwebhookconfigurations',
    rule({ operations: ['*', 'PATCH'], resources: ['pods/*', 'pods/log'], scope: 'All' }),
    [
      `webhooks[0].rules[0].operations: Invalid value: ["*","PATCH"]: if '*' is present, must not specify other operations`,
      'webhooks[0].rules[0].operations[1]: Unsupported value: "PATCH": supported values: "*", "CONNECT", "CREATE", "DELETE", "UPDATE"',
      `webhooks[0].rules[0].resources[1]: Invalid value: "pods/log": if 'pods/*' is present, must not specify pods/log`,
      'webhooks[0].rules[0].scope: Unsupported value: "All": supported values: "*", "Cluster", "Namespaced"',
    ],
  ],
  [
    'apiservices',
    { spec: { group: 'x.io', version: 'v1', groupPriorityMinimum: 20001, versionPriority: 1 } },
    [
      'metadata.name: Invalid value: "x": must be `spec.version+"."+spec.group`: "v1.x.io"',
      'spec.groupPriorityMinimum: Invalid value: 20001: must be positive and less than 20000',
    ],
  ],
];

const UPDATES: readonly BadUpdate[] = [
  [
    'ingressclasses',
    { spec: { controller: 'x.y/z' } },
    { spec: { controller: 'x.y/w' } },
    ['spec.controller: Invalid value: "x.y/w": field is immutable'],
  ],
  [
    'storageclasses',
    { provisioner: 'p' },
    { provisioner: 'q', parameters: { a: 'b' }, volumeBindingMode: 'WaitForFirstConsumer' },
    [
      'parameters: Forbidden: updates to parameters are forbidden.',
      'provisioner: Forbidden: updates to provisioner are forbidden.',
      'volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable',
    ],
  ],
  [
    'servicecidrs',
    { spec: { cidrs: ['10.97.0.0/24'] } },
    { spec: { cidrs: ['10.98.0.0/24'] } },
    ['spec.cidrs[0]: Invalid value: "10.98.0.0/24": field is immutable'],
  ],
  [
    'runtimeclasses',
    { handler: 'runc' },
    { handler: 'kata' },
    ['handler: Invalid value: "kata": field is immutable'],
  ],
];

refusesCreates(CREATES);
refusesUpdates(UPDATES);
