import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { startFixture, type ServerFixture } from './server-fixture.ts';

const RBAC = '/apis/rbac.authorization.k8s.io/v1/namespaces/default';
const APP = { apiGroup: 'rbac.authorization.k8s.io' };
let fixture: ServerFixture;

beforeAll(async () => {
  fixture = await startFixture();
  for (const [name, verbs] of Object.entries({ reader: ['get'], writer: ['get', 'create'] })) {
    const rules = [{ apiGroups: [''], resources: ['pods/exec'], verbs }];
    await fixture.ask('POST', `${RBAC}/roles`, { body: { metadata: { name }, rules } });
    const subjects = [{ ...APP, kind: 'User', name }];
    const roleRef = { ...APP, kind: 'Role', name };
    await fixture.ask('POST', `${RBAC}/rolebindings`, { body: { metadata: { name }, subjects, roleRef } });
  }
});
afterAll(() => fixture.stop());

async function refusalOf(user: string): Promise<unknown> {
  const { ca, admin, server } = fixture;
  const url = `wss://127.0.0.1:${server.port}/api/v1/namespaces/default/pods/p/exec?command=sh&stdout=true`;
  const socket = new WebSocket(url, { ca, ...admin, headers: { 'impersonate-user': user } });
  socket.on('error', () => undefined);
  const response = await new Promise<AsyncIterable<Buffer>>((resolve) => {
    socket.once('unexpected-response', (_request, answer) => resolve(answer));
  });
  let text = '';
  for await (const data of response) text += data.toString();
  return JSON.parse(text);
}

it('asks for the right to create of a WebSocket too, which is a GET', async () => {
  expect(await refusalOf('reader')).toMatchObject({
    code: 403,
    message: expect.stringContaining('User "reader" cannot create resource "pods/exec"'),
  });
  expect(await refusalOf('writer')).toMatchObject({ code: 404, message: 'pods "p" not found' });
});
