import { expect, it } from 'vitest';
import { clusterNetwork } from '#api/cluster-network.ts';
import { RESOURCES } from '#api/resources.ts';
import { testContext } from '../test-context.ts';
import { startApiServiceRegistration } from './api-service-registration.ts';
import { startBootstrapController } from './bootstrap-controller.ts';
import { startDefaultConditions } from './default-conditions.ts';

it('makes the priority levels and flow schemas, and says that none dangles', async () => {
  const context = testContext();
  const running = [startBootstrapController(context), startDefaultConditions(context)];
  await context.pass(1);
  const schemas = context.client.list('flowschemas');
  expect(schemas).toHaveLength(11);
  expect(context.client.list('prioritylevelconfigurations')).toHaveLength(8);
  for (const { status } of schemas) {
    expect(status?.conditions).toMatchObject([{ type: 'Dangling', status: 'False', reason: 'Found' }]);
  }
  expect(context.client.get('servicecidrs', '', 'kubernetes')).toMatchObject({
    spec: { cidrs: ['10.96.0.0/16'] },
  });
  await Promise.all(running.map((one) => one.stop()));
});

it('gives a cluster of IPv6 its Services, range and endpoint in that family', async () => {
  const context = testContext({ network: clusterNetwork('ipv6'), advertiseAddress: 'fd12::2' });
  const running = startBootstrapController(context);
  await context.pass(1);
  const { client } = context;
  expect(client.get('servicecidrs', '', 'kubernetes')?.spec?.cidrs).toEqual(['fd00:10:96::/112']);
  expect(client.get('services', 'default', 'kubernetes')?.spec?.clusterIPs).toEqual(['fd00:10:96::1']);
  expect(client.get('services', 'kube-system', 'kube-dns')?.spec?.clusterIPs).toEqual(['fd00:10:96::a']);
  expect(client.get('endpointslices', 'default', 'kubernetes')).toMatchObject({
    addressType: 'IPv6',
    endpoints: [{ addresses: ['fd12::2'] }],
  });
  await running.stop();
});

it('gives the DNS of a dual-stack cluster an address of each family, the API one of the primary', async () => {
  const context = testContext({ network: clusterNetwork('dual') });
  const running = startBootstrapController(context);
  await context.pass(1);
  const { client } = context;
  expect(client.get('services', 'kube-system', 'kube-dns')?.spec).toMatchObject({
    clusterIPs: ['10.96.0.10', 'fd00:10:96::a'],
    ipFamilyPolicy: 'PreferDualStack',
  });
  expect(client.get('services', 'default', 'kubernetes')?.spec?.clusterIPs).toEqual(['10.96.0.1']);
  await running.stop();
});

it('tells a flow schema whose priority level goes', async () => {
  const context = testContext();
  const running = startDefaultConditions(context);
  const { client } = context;
  await client.create('prioritylevelconfigurations', {
    metadata: { name: 'p' },
    spec: { type: 'Limited', limited: { limitResponse: { type: 'Reject' } } },
  });
  await client.create('flowschemas', {
    metadata: { name: 's' },
    spec: { priorityLevelConfiguration: { name: 'p' } },
  });
  await context.pass(1);
  await client.delete('prioritylevelconfigurations', '', 'p');
  await context.pass(1);
  expect(client.get('flowschemas', '', 's')?.status?.conditions).toMatchObject([
    {
      status: 'True',
      reason: 'NotFound',
      message:
        'This FlowSchema references the PriorityLevelConfiguration object named "p" but there is no such object',
    },
  ]);
  await running.stop();
});

it('puts a changed flow schema back while its annotation says so', async () => {
  const context = testContext();
  const { client } = context;
  const running = startBootstrapController(context);
  await context.pass(1);
  const precedence = (): unknown =>
    client.get('flowschemas', '', 'service-accounts')?.spec?.matchingPrecedence;
  const change = async (annotations: Record<string, string>): Promise<void> => {
    const current = client.get('flowschemas', '', 'service-accounts')!;
    const spec = { ...current.spec!, matchingPrecedence: 5 };
    const metadata = { ...current.metadata, annotations };
    await client.update('flowschemas', { ...current, metadata, spec });
    await context.pass(1);
  };
  await change({ 'apf.kubernetes.io/autoupdate-spec': 'true' });
  expect(precedence()).toBe(9000);
  await change({ 'apf.kubernetes.io/autoupdate-spec': 'false' });
  expect(precedence()).toBe(5);
  await running.stop();
});

it('registers an APIService for every group and version, custom ones while they are served', async () => {
  const context = testContext();
  const { client } = context;
  const running = startApiServiceRegistration(context);
  await context.pass(1);
  const spec = (name: string): unknown => client.get('apiservices', '', name)?.spec;
  expect(spec('v1.')).toEqual({ version: 'v1', groupPriorityMinimum: 18000, versionPriority: 1 });
  expect(spec('v1.apps')).toMatchObject({ groupPriorityMinimum: 17800, versionPriority: 15 });
  expect(spec('v2.autoscaling')).toMatchObject({ groupPriorityMinimum: 17500, versionPriority: 30 });
  expect(spec('v1.apiregistration.k8s.io')).toBeUndefined();

  const custom = { ...RESOURCES[0]!, group: 'ex.io', version: 'v1beta1', storage: 'foos.ex.io' };
  client.catalog.set('foos.ex.io', [custom]);
  await context.pass(1);
  expect(spec('v1beta1.ex.io')).toEqual({
    group: 'ex.io',
    version: 'v1beta1',
    groupPriorityMinimum: 1000,
    versionPriority: 100,
  });
  client.catalog.set('foos.ex.io', []);
  await context.pass(1);
  expect(spec('v1beta1.ex.io')).toBeUndefined();
  await running.stop();
});

it('leaves an APIService that somebody else made alone', async () => {
  const context = testContext();
  const own = {
    group: 'batch',
    version: 'v1',
    groupPriorityMinimum: 1,
    versionPriority: 1,
    service: { namespace: 'default', name: 'batch' },
  };
  await context.client.create('apiservices', { metadata: { name: 'v1.batch' }, spec: own });
  const running = startApiServiceRegistration(context);
  await context.pass(1);
  expect(context.client.get('apiservices', '', 'v1.batch')?.spec).toEqual(own);
  await running.stop();
});
