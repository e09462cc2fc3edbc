import { acceptsCreates, refusesCreates, refusesUpdates } from '../test-refusals.ts';

const node = (...drivers: object[]) => ({ spec: { drivers } });
const DRIVER = { name: 'd.io', nodeID: 'n' };
const IMMUTABLE = 'field is immutable';

refusesCreates([
  [
    'csidrivers',
    {
      spec: {
        fsGroupPolicy: 'All',
        tokenRequests: [{ audience: 'a', expirationSeconds: 599 }, { audience: 'a' }],
        volumeLifecycleModes: ['Eternal'],
        nodeAllocatableUpdatePeriodSeconds: 9,
      },
    },
    [
      'spec.fsGroupPolicy: Unsupported value: "All": supported values: "File", "None", "ReadWriteOnceWithFSType"',
      'spec.tokenRequests[0].expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes',
      'spec.tokenRequests[1].audience: Duplicate value: "a"',
      'spec.volumeLifecycleModes: Unsupported value: "Eternal": supported values: "Persistent", "Ephemeral"',
      'spec.nodeAllocatableUpdatePeriodSeconds: Invalid value: 9: must be greater than or equal to 10 seconds',
    ],
  ],
  [
    'csinodes',
    node({}, { ...DRIVER, allocatable: { count: -1 }, topologyKeys: ['k', 'k'] }, DRIVER),
    [
      'spec.drivers[0].name: Required value',
      'spec.drivers[0].nodeID: Required value',
      'spec.drivers[1].allocatable.count: Invalid value: -1: must be greater than or equal to 0',
      'spec.drivers[1]: Duplicate value: "k"',
      'spec.drivers[2].name: Duplicate value: "d.io"',
    ],
  ],
  [
    'csistoragecapacities',
    { storageClassName: 's', capacity: '-1' },
    ['capacity: Invalid value: "-1": must be greater than or equal to 0'],
  ],
]);

refusesUpdates([
  [
    'csidrivers',
    { spec: {} },
    { spec: { attachRequired: false, volumeLifecycleModes: ['Ephemeral'] } },
    [
      `spec.attachedRequired: Invalid value: false: ${IMMUTABLE}`,
      `spec.volumeLifecycleModes: Invalid value: ["Ephemeral"]: ${IMMUTABLE}`,
    ],
  ],
  [
    'csinodes',
    node(DRIVER),
    node({ ...DRIVER, nodeID: 'm', allocatable: { count: 1 } }),
    [`spec.drivers: Invalid value: {"name":"d.io","nodeID":"m"}: ${IMMUTABLE}`],
  ],
  [
    'csistoragecapacities',
    { storageClassName: 's' },
    { storageClassName: 't' },
    [`storageClassName: Invalid value: "t": ${IMMUTABLE}`],
  ],
]);

acceptsCreates([
  ['csidrivers', { spec: { tokenRequests: [{ audience: 'a', expirationSeconds: 600 }] } }],
  ['csinodes', node({ ...DRIVER, topologyKeys: ['a.b/k'] })],
  ['csistoragecapacities', { storageClassName: 's', nodeTopology: {}, capacity: '1Gi' }],
]);
