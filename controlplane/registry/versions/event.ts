import type { CoreV1Event, EventsV1Event } from '#api/gen/types.ts';
import type { Kinds, KubeObject, Stored } from '#api/resources.ts';
import type { BuiltInConversion } from './built-in.ts';

/** events.k8s.io/v1 Events, which are kept as the core group's (pkg/apis/events/v1/conversion.go). */
export const eventsV1Conversion: BuiltInConversion = {
  fromStorage: (objects) => objects.map(toEventsV1),
  toStorage: toCore,
  selectableFields: {
    'regarding.kind': (object) => coreOf(object).involvedObject.kind ?? '',
    'regarding.namespace': (object) => coreOf(object).involvedObject.namespace ?? '',
    'regarding.name': (object) => coreOf(object).involvedObject.name ?? '',
    'regarding.uid': (object) => coreOf(object).involvedObject.uid ?? '',
    'regarding.apiVersion': (object) => coreOf(object).involvedObject.apiVersion ?? '',
    'regarding.resourceVersion': (object) => coreOf(object).involvedObject.resourceVersion ?? '',
    'regarding.fieldPath': (object) => coreOf(object).involvedObject.fieldPath ?? '',
    reason: (object) => coreOf(object).reason ?? '',
    reportingController: (object) => coreOf(object).reportingComponent ?? '',
    type: (object) => coreOf(object).type ?? '',
  },
};

const coreOf = (object: KubeObject): Kinds['events'] => object as unknown as Kinds['events'];

function toEventsV1(object: KubeObject): KubeObject {
  const {
    apiVersion: _apiVersion,
    involvedObject,
    message,
    source,
    firstTimestamp,
    lastTimestamp,
    count,
    reportingComponent,
    ...same
  } = coreOf(object);
  const event: Partial<EventsV1Event> = {
    ...(message === undefined ? {} : { note: message }),
    ...(source === undefined ? {} : { deprecatedSource: source }),
    ...(firstTimestamp === undefined ? {} : { deprecatedFirstTimestamp: firstTimestamp }),
    ...(lastTimestamp === undefined ? {} : { deprecatedLastTimestamp: lastTimestamp }),
    ...(count === undefined ? {} : { deprecatedCount: count }),
    ...(reportingComponent === undefined ? {} : { reportingController: reportingComponent }),
    regarding: involvedObject,
  };
  return { ...same, ...event, apiVersion: 'events.k8s.io/v1' } as unknown as KubeObject;
}

function toCore(object: KubeObject): KubeObject {
  const {
    apiVersion: _apiVersion,
    regarding,
    note,
    deprecatedSource,
    deprecatedFirstTimestamp,
    deprecatedLastTimestamp,
    deprecatedCount,
    reportingController,
    ...same
  } = object as unknown as Stored<EventsV1Event>;
  const event: Partial<CoreV1Event> = {
    ...(note === undefined ? {} : { message: note }),
    ...(deprecatedSource === undefined ? {} : { source: deprecatedSource }),
    ...(deprecatedFirstTimestamp === undefined ? {} : { firstTimestamp: deprecatedFirstTimestamp }),
    ...(deprecatedLastTimestamp === undefined ? {} : { lastTimestamp: deprecatedLastTimestamp }),
    ...(deprecatedCount === undefined ? {} : { count: deprecatedCount }),
    ...(reportingController === undefined ? {} : { reportingComponent: reportingController }),
    involvedObject: regarding ?? {},
  };
  return { ...same, ...event, apiVersion: 'v1' } as unknown as KubeObject;
}
