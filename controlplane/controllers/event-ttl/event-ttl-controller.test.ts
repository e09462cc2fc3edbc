import { expect, test } from 'vitest';
import { rfc3339 } from '#api/clock.ts';
import { testContext } from '../test-context.ts';
import { startEventTtlController } from './event-ttl-controller.ts';

test('an Event goes an hour after it last happened', async () => {
  const { client, clock, ...context } = testContext();
  const controller = startEventTtlController({ ...context, client, clock });
  const names = (): string[] => client.list('events').map(({ metadata }) => metadata.name);
  const make = (name: string) =>
    client.create('events', {
      metadata: { namespace: 'default', name },
      involvedObject: { kind: 'Pod', name: 'p' },
      lastTimestamp: rfc3339(clock.now()),
    });
  const minutes = async (count: number): Promise<void> => {
    clock.advance(count * 60_000);
    await client.settled();
  };

  await make('once');
  const repeated = await make('repeated');
  await minutes(30);
  await client.update('events', { ...repeated, count: 2, lastTimestamp: rfc3339(clock.now()) });
  await minutes(29);
  expect(names()).toEqual(['once', 'repeated']);
  await minutes(1);
  expect(names()).toEqual(['repeated']);
  await minutes(30);
  expect(names()).toEqual([]);

  await controller.stop();
  await make('late');
  await minutes(120);
  expect(names()).toEqual(['late']);
});
