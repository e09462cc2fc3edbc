import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Running } from '../context.ts';
import { testContext, type TestContext } from '../test-context.ts';
import { startResourceQuotaController } from './resource-quota-controller.ts';

let context: TestContext;
let controller: Running;
beforeEach(() => {
  context = testContext();
  controller = startResourceQuotaController(context);
});
afterEach(() => controller.stop());

const status = (): unknown => context.client.get('resourcequotas', 'default', 'q')?.status;
const makePod = (name: string, cpu: string): Promise<unknown> =>
  context.client.create('pods', {
    metadata: { namespace: 'default', name },
    spec: { containers: [{ name: 'c', image: 'nginx', resources: { requests: { cpu } } }] },
  });

it('tells what is limited and used, as objects come and go', async () => {
  const hard = { pods: '5', 'requests.cpu': '2', secrets: '1' };
  await context.client.create('resourcequotas', {
    metadata: { namespace: 'default', name: 'q' },
    spec: { hard },
  });
  await context.client.settled();
  expect(status()).toEqual({ hard, used: { pods: '0', 'requests.cpu': '0', secrets: '0' } });
  await makePod('a', '500m');
  await makePod('b', '700m');
  await context.client.create('secrets', { metadata: { namespace: 'other', name: 's' } });
  await context.client.settled();
  expect(status()).toEqual({ hard, used: { pods: '2', 'requests.cpu': '1200m', secrets: '0' } });
  await context.client.delete('pods', 'default', 'b');
  await context.client.settled();
  expect(status()).toMatchObject({ used: { pods: '1', 'requests.cpu': '500m' } });
});

it('does not count a Pod that has ended', async () => {
  const hard = { pods: '5' };
  await context.client.create('resourcequotas', {
    metadata: { namespace: 'default', name: 'q' },
    spec: { hard },
  });
  await makePod('a', '1');
  const pod = context.client.get('pods', 'default', 'a')!;
  await context.client.updateStatus('pods', { ...pod, status: { phase: 'Succeeded' } });
  await context.client.settled();
  expect(status()).toEqual({ hard, used: { pods: '0' } });
});
