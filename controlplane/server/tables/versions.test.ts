import { expect, it } from 'vitest';
import type { KubeObject, Resource } from '#api/resources.ts';
import { RESOURCES } from '#api/resources.ts';
import { printerOf } from './printers.ts';

it('an Event of events.k8s.io is printed as one of the core group', () => {
  const event = {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: 'e', namespace: 'default' },
    regarding: { kind: 'Pod', name: 'p' },
    note: 'Started container',
    reason: 'Started',
    type: 'Normal',
  } as unknown as KubeObject;
  const resource = RESOURCES.find(
    ({ group, name }) => group === 'events.k8s.io' && name === 'events',
  ) as Resource;
  const cells = printerOf(resource).cells(event, Date.now());
  expect(cells.slice(1, 4)).toEqual(['Normal', 'Started', 'pod/p']);
  expect(cells).toContain('Started container');
});
