import {
  atomicList,
  conditions,
  controllerName,
  duration,
  group,
  hostname,
  integer,
  kind,
  kubernetesObject,
  listBy,
  namespace,
  object,
  objectName,
  portNumber,
  preciseHostname,
  rule,
  type Schema,
  sectionName,
  text,
} from './schema.ts';

const GROUP = 'gateway.networking.k8s.io';
const HEADER_NAME = "^[A-Za-z0-9!#$%&'*+\\-.^_\\x60|~]+$";

const parentReference = object(
  {
    group: group({ default: GROUP }),
    kind: kind({ default: 'Gateway' }),
    namespace: namespace(),
    name: objectName(),
    sectionName: sectionName(),
    port: portNumber(),
  },
  ['name'],
);

const parentRefs = atomicList(parentReference, 32, {
  'x-kubernetes-validations': [
    rule(
      "self.all(a, self.exists_one(b, a.group == b.group && a.kind == b.kind && a.name == b.name && (has(a.__namespace__) ? a.__namespace__ : '') == (has(b.__namespace__) ? b.__namespace__ : '') && (has(a.sectionName) ? a.sectionName : '') == (has(b.sectionName) ? b.sectionName : '') && (has(a.port) ? a.port : 0) == (has(b.port) ? b.port : 0)))",
      'sectionName or port must be unique when parentRefs includes 2 or more references to the same parent',
    ),
  ],
});

const serviceReference = (more: Record<string, Schema> = {}): Schema =>
  object(
    {
      group: group({ default: '' }),
      kind: kind({ default: 'Service' }),
      name: objectName(),
      namespace: namespace(),
      port: portNumber(),
      ...more,
    },
    ['name'],
    {
      'x-kubernetes-validations': [
        rule(
          "self.group != '' || self.kind != 'Service' || has(self.port)",
          'Must have port for Service reference',
        ),
      ],
    },
  );

const header = object(
  {
    name: text({ minLength: 1, maxLength: 256, pattern: HEADER_NAME }),
    value: text({ minLength: 1, maxLength: 4096 }),
  },
  ['name', 'value'],
);
const headerModifier = object({
  set: listBy(['name'], header, 16),
  add: listBy(['name'], header, 16),
  remove: {
    type: 'array',
    items: text(),
    maxItems: 16,
    'x-kubernetes-list-type': 'set',
  },
});

const pathModifier = object(
  {
    type: text({ enum: ['ReplaceFullPath', 'ReplacePrefixMatch'] }),
    replaceFullPath: text({ maxLength: 1024 }),
    replacePrefixMatch: text({ maxLength: 1024 }),
  },
  ['type'],
  {
    'x-kubernetes-validations': [
      rule(
        "(self.type == 'ReplaceFullPath') == has(self.replaceFullPath)",
        "replaceFullPath must be specified when type is set to 'ReplaceFullPath', and only then",
      ),
      rule(
        "(self.type == 'ReplacePrefixMatch') == has(self.replacePrefixMatch)",
        "replacePrefixMatch must be specified when type is set to 'ReplacePrefixMatch', and only then",
      ),
    ],
  },
);

/** The filter types, and the field in which each says more. */
const FILTERS: Readonly<Record<string, readonly [field: string, schema: Schema]>> = {
  RequestHeaderModifier: ['requestHeaderModifier', headerModifier],
  ResponseHeaderModifier: ['responseHeaderModifier', headerModifier],
  RequestMirror: [
    'requestMirror',
    object(
      {
        backendRef: serviceReference(),
        percent: integer(0, 100),
        fraction: object(
          { numerator: integer(0, 2_147_483_647), denominator: integer(1, 2_147_483_647, { default: 100 }) },
          ['numerator'],
          {
            'x-kubernetes-validations': [
              rule(
                'self.numerator <= self.denominator',
                'numerator must be less than or equal to denominator',
              ),
            ],
          },
        ),
      },
      ['backendRef'],
      {
        'x-kubernetes-validations': [
          rule(
            '!(has(self.percent) && has(self.fraction))',
            'Only one of percent or fraction may be specified in HTTPRequestMirrorFilter',
          ),
        ],
      },
    ),
  ],
  RequestRedirect: [
    'requestRedirect',
    object({
      scheme: text({ enum: ['http', 'https'] }),
      hostname: preciseHostname(),
      port: portNumber(),
      path: pathModifier,
      statusCode: { type: 'integer', enum: [301, 302, 303, 307, 308], default: 302 },
    }),
  ],
  URLRewrite: ['urlRewrite', object({ hostname: preciseHostname(), path: pathModifier })],
  ExtensionRef: [
    'extensionRef',
    object({ group: group(), kind: kind(), name: objectName() }, ['group', 'kind', 'name']),
  ],
};

const filter = object(
  {
    type: text({ enum: Object.keys(FILTERS) }),
    ...Object.fromEntries(Object.values(FILTERS)),
  },
  ['type'],
  {
    'x-kubernetes-validations': Object.entries(FILTERS).flatMap(([type, [field]]) => [
      rule(
        `!has(self.${field}) || self.type == '${type}'`,
        `filter.${field} must be nil if the filter.type is not ${type}`,
      ),
      rule(
        `has(self.${field}) || self.type != '${type}'`,
        `filter.${field} must be specified for ${type} filter.type`,
      ),
    ]),
  },
);

const ONCE = ['RequestHeaderModifier', 'ResponseHeaderModifier', 'RequestRedirect', 'URLRewrite'];

const filters = atomicList(filter, 16, {
  'x-kubernetes-validations': [
    rule(
      "!(self.exists(f, f.type == 'RequestRedirect') && self.exists(f, f.type == 'URLRewrite'))",
      'May specify either httpRouteFilterRequestRedirect or httpRouteFilterRequestRewrite, but not both',
    ),
    ...ONCE.map((type) =>
      rule(`self.filter(f, f.type == '${type}').size() <= 1`, `${type} filter cannot be repeated`),
    ),
  ],
});

const path = object(
  {
    type: text({ enum: ['Exact', 'PathPrefix', 'RegularExpression'], default: 'PathPrefix' }),
    value: text({ maxLength: 1024, default: '/' }),
  },
  [],
  {
    'x-kubernetes-validations': [
      rule(
        "self.type == 'RegularExpression' || self.value.startsWith('/')",
        "value must be an absolute path and start with '/' when type one of ['Exact', 'PathPrefix']",
      ),
      ...['//', '/./', '/../', '%2f', '%2F', '#'].map((part) =>
        rule(
          `self.type == 'RegularExpression' || !self.value.contains('${part}')`,
          `must not contain '${part}' when type one of ['Exact', 'PathPrefix']`,
        ),
      ),
      ...['/..', '/.'].map((end) =>
        rule(
          `self.type == 'RegularExpression' || !self.value.endsWith('${end}')`,
          `must not end with '${end}' when type one of ['Exact', 'PathPrefix']`,
        ),
      ),
    ],
    default: { type: 'PathPrefix', value: '/' },
  },
);

const valueMatch = (maxLength: number): Schema =>
  object(
    {
      type: text({ enum: ['Exact', 'RegularExpression'], default: 'Exact' }),
      name: text({ minLength: 1, maxLength: 256, pattern: HEADER_NAME }),
      value: text({ minLength: 1, maxLength }),
    },
    ['name', 'value'],
  );

const match = object({
  path,
  headers: listBy(['name'], valueMatch(4096), 16),
  queryParams: listBy(['name'], valueMatch(1024), 16),
  method: text({
    enum: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'],
  }),
});

/** Whether a filter with this field replaces a prefix, which then has to be the only thing matched. */
const replacesPrefix = (field: string): string =>
  `has(self.filters) && self.filters.exists(f, has(f.${field}) && has(f.${field}.path) && f.${field}.path.type == 'ReplacePrefixMatch')`;

const routeRule = object(
  {
    name: sectionName(),
    matches: atomicList(match, 64, { default: [{ path: { type: 'PathPrefix', value: '/' } }] }),
    filters,
    backendRefs: atomicList(serviceReference({ weight: integer(0, 1_000_000, { default: 1 }), filters }), 16),
    timeouts: object({ request: duration(), backendRequest: duration() }, [], {
      'x-kubernetes-validations': [
        rule(
          "!(has(self.request) && has(self.backendRequest) && duration(self.request) != duration('0s') && duration(self.backendRequest) > duration(self.request))",
          'backendRequest timeout cannot be longer than request timeout',
        ),
      ],
    }),
  },
  [],
  {
    'x-kubernetes-validations': [
      rule(
        '!(has(self.backendRefs) && self.backendRefs.size() > 0) || !has(self.filters) || self.filters.all(f, !has(f.requestRedirect))',
        'RequestRedirect filter must not be used together with backendRefs',
      ),
      ...['requestRedirect', 'urlRewrite'].map((field) =>
        rule(
          `!(${replacesPrefix(field)}) || (self.matches.size() == 1 && has(self.matches[0].path) && self.matches[0].path.type == 'PathPrefix')`,
          `When using ${field === 'urlRewrite' ? 'URLRewrite' : 'RequestRedirect'} filter with path.replacePrefixMatch, exactly one PathPrefix match must be specified`,
        ),
      ),
    ],
  },
);

const routeStatus = object(
  {
    parents: atomicList(
      object(
        {
          parentRef: parentReference,
          controllerName: controllerName(),
          conditions: conditions({ minItems: 1 }),
        },
        ['conditions', 'controllerName', 'parentRef'],
      ),
      32,
    ),
  },
  ['parents'],
);

/** gateway.networking.k8s.io/v1 HTTPRoute. */
export const httpRouteSchema = kubernetesObject(
  object({
    parentRefs,
    hostnames: atomicList(hostname(), 16),
    rules: atomicList(routeRule, 16, {
      default: [{ matches: [{ path: { type: 'PathPrefix', value: '/' } }] }],
      'x-kubernetes-validations': [
        rule(
          'self.map(r, has(r.matches) ? r.matches.size() : 0).sum() <= 128',
          'While 16 rules and 64 matches per rule are allowed, the total number of matches across all rules in a route must be less than 128',
        ),
        rule(
          'self.all(a, !has(a.name) || self.exists_one(b, has(b.name) && a.name == b.name))',
          'Rule name must be unique within the route',
        ),
      ],
    }),
  }),
  routeStatus,
);
