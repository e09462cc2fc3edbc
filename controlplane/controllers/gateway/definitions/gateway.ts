import {
  atomicList,
  conditions,
  group,
  hostname,
  integer,
  kind,
  kubernetesObject,
  labelSelector,
  listBy,
  map,
  namespace,
  object,
  objectName,
  pending,
  portNumber,
  rule,
  sectionName,
  text,
} from './schema.ts';

const GROUP = 'gateway.networking.k8s.io';

const secretReference = object(
  {
    group: group({ default: '' }),
    kind: kind({ default: 'Secret' }),
    name: objectName(),
    namespace: namespace(),
  },
  ['name'],
);

const listenerTls = object(
  {
    mode: text({ enum: ['Terminate', 'Passthrough'], default: 'Terminate' }),
    certificateRefs: atomicList(secretReference, 64),
    options: map(16, text({ maxLength: 4096 })),
  },
  [],
  {
    'x-kubernetes-validations': [
      rule(
        "self.mode != 'Terminate' || (has(self.certificateRefs) && self.certificateRefs.size() > 0) || (has(self.options) && self.options.size() > 0)",
        'certificateRefs or options must be specified when mode is Terminate',
      ),
    ],
  },
);

const routeGroupKind = object({ group: group({ default: GROUP }), kind: kind() }, ['kind']);

const allowedRoutes = object(
  {
    namespaces: object(
      {
        from: text({ enum: ['All', 'Selector', 'Same', 'None'], default: 'Same' }),
        selector: labelSelector(),
      },
      [],
      { default: { from: 'Same' } },
    ),
    kinds: atomicList(routeGroupKind, 8),
  },
  [],
  { default: { namespaces: { from: 'Same' } } },
);

const listener = object(
  {
    name: sectionName(),
    hostname: hostname(),
    port: portNumber(),
    protocol: text({
      minLength: 1,
      maxLength: 255,
      pattern:
        '^[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?$|[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\\/[A-Za-z0-9]+$',
    }),
    tls: listenerTls,
    allowedRoutes,
  },
  ['name', 'port', 'protocol'],
);

const listeners = listBy(['name'], listener, 64, {
  minItems: 1,
  'x-kubernetes-validations': [
    rule(
      "self.all(l, !(l.protocol in ['HTTP', 'TCP', 'UDP']) || !has(l.tls))",
      "tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']",
    ),
    rule(
      "self.all(l, l.protocol != 'HTTPS' || !has(l.tls) || l.tls.mode == '' || l.tls.mode == 'Terminate')",
      'tls mode must be Terminate for protocol HTTPS',
    ),
    rule(
      "self.all(l, !(l.protocol in ['TCP', 'UDP']) || !has(l.hostname) || l.hostname == '')",
      "hostname must not be specified for protocols ['TCP', 'UDP']",
    ),
    rule(
      'self.all(a, self.exists_one(b, a.name == b.name))',
      'Listener name must be unique within the Gateway',
    ),
    rule(
      "self.all(a, self.exists_one(b, a.port == b.port && a.protocol == b.protocol && (has(a.hostname) ? a.hostname : '') == (has(b.hostname) ? b.hostname : '')))",
      'Combination of port, protocol and hostname must be unique for each listener',
    ),
  ],
});

const address = object({
  type: text({ minLength: 1, maxLength: 253, default: 'IPAddress' }),
  value: text({ maxLength: 253 }),
});

const infrastructure = object({
  labels: map(8, text({ maxLength: 63 })),
  annotations: map(8, text({ maxLength: 4096 })),
  parametersRef: object({ group: group(), kind: kind(), name: text({ minLength: 1, maxLength: 253 }) }, [
    'group',
    'kind',
    'name',
  ]),
});

const listenerStatus = object(
  {
    name: sectionName(),
    attachedRoutes: integer(0, 2_147_483_647),
    supportedKinds: atomicList(routeGroupKind, 8),
    conditions: conditions(),
  },
  ['attachedRoutes', 'conditions', 'name'],
);

/** gateway.networking.k8s.io/v1 Gateway. */
export const gatewaySchema = kubernetesObject(
  object(
    {
      gatewayClassName: objectName(),
      listeners,
      addresses: atomicList(address, 16),
      infrastructure,
    },
    ['gatewayClassName', 'listeners'],
  ),
  object(
    {
      addresses: atomicList(
        object({ type: text({ maxLength: 253, default: 'IPAddress' }), value: text({ maxLength: 253 }) }, [
          'value',
        ]),
        16,
      ),
      conditions: conditions({ default: pending('Accepted', 'Programmed') }),
      listeners: listBy(['name'], listenerStatus, 64),
    },
    [],
    { default: { conditions: pending('Accepted', 'Programmed') } },
  ),
);
