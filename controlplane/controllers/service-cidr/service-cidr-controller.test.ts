import { expect, test } from 'vitest';
import { clusterNetwork } from '#api/cluster-network.ts';
import type { Kinds } from '#api/resources.ts';
import { ipAddressOf } from '../../registry/allocation/ip-address.ts';
import { testContext, type TestContext } from '../test-context.ts';
import { startServiceCidrController } from './service-cidr-controller.ts';

const service = { metadata: { namespace: 'default', name: 's' } } as Kinds['services'];
const addCidr = ({ client }: TestContext, name: string, ...cidrs: string[]): Promise<unknown> =>
  client.create('servicecidrs', { metadata: { name }, spec: { cidrs } });
const readyOf = ({ client }: TestContext, name: string) =>
  client.get('servicecidrs', '', name)?.status?.conditions?.find(({ type }) => type === 'Ready');

test('a ServiceCIDR is protected, and said to be ready', async () => {
  const context = testContext();
  const controller = startServiceCidrController(context);
  await addCidr(context, 'more', '10.97.0.0/24');
  await context.client.settled();
  expect(context.client.get('servicecidrs', '', 'more')?.metadata.finalizers).toEqual([
    'networking.k8s.io/service-cidr-finalizer',
  ]);
  expect(readyOf(context, 'more')).toMatchObject({
    status: 'True',
    message: 'Kubernetes Service CIDR is ready',
  });
  await controller.stop();
});

test('one that is deleted goes when no address needs it any more', async () => {
  const context = testContext();
  const { client } = context;
  const controller = startServiceCidrController(context);
  await addCidr(context, 'more', '10.97.0.0/24');
  await client.create('ipaddresses', ipAddressOf('10.97.0.7', service));
  await client.settled();
  await client.delete('servicecidrs', '', 'more');
  await client.settled();
  expect(readyOf(context, 'more')).toMatchObject({ status: 'False', reason: 'Terminating' });
  await client.delete('ipaddresses', '', '10.97.0.7');
  await client.settled();
  expect(client.get('servicecidrs', '', 'more')).toBeUndefined();
  await controller.stop();
});

test('one whose addresses are all another’s goes at once', async () => {
  const context = testContext();
  const { client } = context;
  const controller = startServiceCidrController(context);
  await addCidr(context, 'small', '10.97.0.0/24');
  await client.create('ipaddresses', ipAddressOf('10.97.0.7', service));
  await client.settled();
  await client.delete('servicecidrs', '', 'small');
  await client.settled();
  expect(client.get('servicecidrs', '', 'small')).toBeDefined();
  await addCidr(context, 'large', '10.97.0.0/16');
  await client.settled();
  expect(client.get('servicecidrs', '', 'small')).toBeUndefined();
  await controller.stop();
});

test('the default one gains a family with its cluster, and tells of a range that is not the cluster’s', async () => {
  const context = testContext({ network: clusterNetwork('dual') });
  const controller = startServiceCidrController(context);
  await addCidr(context, 'kubernetes', '10.96.0.0/16');
  await context.client.settled();
  expect(context.client.get('servicecidrs', '', 'kubernetes')?.spec?.cidrs).toEqual([
    '10.96.0.0/16',
    'fd00:10:96::/112',
  ]);
  await controller.stop();
  expect(context.events().join()).toContain('KubernetesDefaultServiceCIDRInconsistent kubernetes');
});
