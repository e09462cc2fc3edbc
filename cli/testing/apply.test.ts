import { describe, expect, it } from 'vitest';
import type { Api, ApiAnswer, CallOptions } from '../cluster/api.ts';
import { apply, parseManifests } from './apply.ts';
import { LAST_APPLIED } from './merge.ts';

const POD = 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n';

/** An API that knows Pods and Namespaces, and keeps what is sent to it. */
function fakeApi(live: Record<string, unknown> = {}) {
  const sent: { method: string; path: string; options: CallOptions | undefined }[] = [];
  const resources = [
    { name: 'pods', kind: 'Pod', namespaced: true },
    { name: 'pods/status', kind: 'Pod', namespaced: true },
    { name: 'namespaces', kind: 'Namespace', namespaced: false },
  ];
  const answer = (method: string, path: string): ApiAnswer => {
    if (path === '/api/v1') return { status: 200, body: { resources } };
    if (method !== 'GET') return { status: 200, body: {} };
    if (path in live) return { status: 200, body: live[path] };
    return { status: 404, body: { message: 'not found' } };
  };
  const api: Api = {
    url: 'https://api',
    async call(method, path, options) {
      if (method !== 'GET') sent.push({ method, path, options });
      return answer(method, path);
    },
    watch: () => Promise.reject(new Error('apply does not watch')),
    close() {},
  };
  return { api, sent };
}

describe('parseManifests', () => {
  it('takes several documents, empty ones among them, and Lists', () => {
    const text = `---\n${POD}---\n---\napiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Namespace, metadata: {name: a}}\n`;
    expect(parseManifests(text).map((one) => one.kind)).toEqual(['Pod', 'Namespace']);
  });

  it('says what a document lacks', () => {
    expect(() => parseManifests('kind: Pod')).toThrow('apiVersion and kind are needed');
    expect(() => parseManifests('{apiVersion: v1, kind: Pod}')).toThrow('metadata.name is needed (Pod)');
    expect(() => parseManifests('a: [')).toThrow('bad YAML');
  });
});

describe('apply', () => {
  it('creates what is not there, in the namespace default, with what was applied beside it', async () => {
    const { api, sent } = fakeApi();
    await apply(api, POD);
    expect(sent).toMatchObject([{ method: 'POST', path: '/api/v1/namespaces/default/pods' }]);
    const body = sent[0]?.options?.body as { metadata: { annotations: Record<string, string> } };
    expect(JSON.parse(body.metadata.annotations[LAST_APPLIED] ?? '')).toMatchObject({ kind: 'Pod' });
  });

  it('patches what is there', async () => {
    const path = '/api/v1/namespaces/default/pods/web';
    const { api, sent } = fakeApi({ [path]: { metadata: { name: 'web', labels: { own: 'x' } } } });
    await apply(api, `${POD}  labels: {app: web}\n`);
    expect(sent).toMatchObject([
      { method: 'PATCH', path, options: { contentType: 'application/merge-patch+json' } },
    ]);
    expect(sent[0]?.options?.body).toMatchObject({ metadata: { labels: { app: 'web' } } });
  });

  it('finds the collection of kinds without a namespace', async () => {
    const { api, sent } = fakeApi();
    await apply(api, 'apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n');
    expect(sent).toMatchObject([{ path: '/api/v1/namespaces' }]);
  });

  it('says when the cluster does not know the kind', async () => {
    const { api } = fakeApi();
    await expect(apply(api, 'apiVersion: v1\nkind: Frob\nmetadata: {name: a}\n')).rejects.toThrow(
      'the cluster has no kind Frob in v1',
    );
    await expect(apply(api, 'apiVersion: x/v1\nkind: Frob\nmetadata: {name: a}\n')).rejects.toThrow(
      'the cluster has no kind Frob in x/v1',
    );
  });
});
