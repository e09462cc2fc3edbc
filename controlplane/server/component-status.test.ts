import { expect, it } from 'vitest';
import { startFixture } from './server-fixture.ts';

it('the parts of the control plane are as their health checks say, with a warning', async () => {
  const fixture = await startFixture();
  const { code, body, headers } = await fixture.ask('GET', '/api/v1/componentstatuses');
  expect(code).toBe(200);
  expect(headers['warning']).toBe('299 - "v1 ComponentStatus is deprecated in v1.19+"');
  expect(body).toMatchObject({
    kind: 'ComponentStatusList',
    items: [
      { metadata: { name: 'controller-manager' } },
      { metadata: { name: 'etcd-0' }, conditions: [{ type: 'Healthy', status: 'True', message: 'ok' }] },
      { metadata: { name: 'scheduler' } },
    ],
  });
  const one = await fixture.ask('GET', '/api/v1/componentstatuses/etcd-0');
  expect(one.body).toMatchObject({ kind: 'ComponentStatus', metadata: { name: 'etcd-0' } });
  expect((await fixture.ask('GET', '/api/v1/componentstatuses/none')).body).toMatchObject({
    code: 404,
    message: 'componentstatuses "none" not found',
  });
  await fixture.stop();
});
