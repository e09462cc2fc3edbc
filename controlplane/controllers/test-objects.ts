import { rfc3339 } from '#api/clock.ts';
import type { PodSpec } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';

let made = 0;

export interface PodShape {
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
  readonly nodeName?: string;
  readonly phase?: string;
  readonly ip?: string;
  /** Milliseconds since the epoch; without it the Pod is not ready. */
  readonly readySince?: number;
  readonly restarts?: number;
  readonly created?: number;
  readonly deleted?: number;
  readonly spec?: Partial<PodSpec>;
}

/** A Pod for tests: valid, unscheduled and pending, but for what `shape` says. */
export function pod(name: string, shape: PodShape = {}): Kinds['pods'] {
  made += 1;
  const readyStatus = shape.readySince === undefined ? 'False' : 'True';
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace: 'default',
      name,
      uid: `uid-${String(made).padStart(4, '0')}`,
      resourceVersion: String(made),
      creationTimestamp: rfc3339(shape.created ?? 0),
      labels: shape.labels ?? {},
      annotations: shape.annotations ?? {},
      ...(shape.deleted === undefined ? {} : { deletionTimestamp: rfc3339(shape.deleted) }),
    },
    spec: {
      containers: [{ name: 'c', image: 'nginx:alpine', ports: [{ name: 'http', containerPort: 80 }] }],
      ...(shape.nodeName === undefined ? {} : { nodeName: shape.nodeName }),
      ...shape.spec,
    },
    status: {
      phase: shape.phase ?? 'Pending',
      ...(shape.ip === undefined ? {} : { podIP: shape.ip, podIPs: [{ ip: shape.ip }] }),
      conditions: [
        { type: 'Ready', status: readyStatus, lastTransitionTime: rfc3339(shape.readySince ?? 0) },
      ],
      containerStatuses: [
        { name: 'c', image: '', imageID: '', ready: true, restartCount: shape.restarts ?? 0 },
      ],
    },
  };
}
