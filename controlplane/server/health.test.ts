import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServerFixture, startFixture } from './server-fixture.ts';

let fixture: ServerFixture;

beforeAll(async () => {
  fixture = await startFixture();
});
afterAll(() => fixture.stop());

describe('health', () => {
  it('answers ok, and every check with verbose', async () => {
    expect((await fixture.ask('GET', '/readyz')).text).toBe('ok');
    expect((await fixture.ask('GET', '/livez?verbose')).text).toBe(
      '[+]ping ok\n[+]log ok\n[+]etcd ok\nlivez check passed\n',
    );
  });

  it('leaves out an excluded check, and warns of one that does not exist', async () => {
    const { code, text } = await fixture.ask('GET', '/readyz?verbose&exclude=ping&exclude=none');
    expect(code).toBe(200);
    expect(text).toBe(
      [
        '[+]ping excluded: ok',
        '[+]log ok',
        '[+]etcd ok',
        '[+]etcd-readiness ok',
        '[+]shutdown ok',
        'warn: some health checks cannot be excluded: no matches for "none"',
        'readyz check passed\n',
      ].join('\n'),
    );
  });

  it('answers one check', async () => {
    expect((await fixture.ask('GET', '/readyz/etcd')).text).toBe('ok');
    expect((await fixture.ask('GET', '/livez/shutdown')).code).toBe(404);
  });

  it('fails when nothing can be stored any more', async () => {
    const broken = await startFixture();
    await broken.store.close();
    const { code, text } = await broken.ask('GET', '/livez');
    expect(code).toBe(500);
    expect(text).toContain('[-]etcd failed: reason withheld\nlivez check failed');
    const one = await broken.ask('GET', '/livez/etcd');
    expect([one.code, one.text]).toEqual([500, 'internal server error: the store is closed\n']);
    await broken.stop();
  });

  it('does not know a check that does not exist', async () => {
    expect((await fixture.ask('GET', '/readyz/none')).code).toBe(404);
  });
});

describe('aggregated discovery', () => {
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';

  it('answers 304 to a client that has the document already', async () => {
    const first = await fixture.ask('GET', '/apis', { headers: { accept } });
    const etag = String(first.headers['etag']);
    expect(etag).toMatch(/^"[0-9A-F]{128}"$/);
    const again = await fixture.ask('GET', '/apis', { headers: { accept, 'if-none-match': etag } });
    expect(again.code).toBe(304);
    expect(again.text).toBe('');
    const core = await fixture.ask('GET', '/api', { headers: { accept, 'if-none-match': etag } });
    expect(core.code).toBe(200);
  });
});

describe('a YAML body that cannot be read', () => {
  it.each([
    ['a: b\nc: d: e\n', 'yaml: line 2: mapping values are not allowed in this context'],
    ['a:\n\tb: c\n', 'yaml: line 2: found character that cannot start any token'],
  ])('is refused in the words of go-yaml: %j', async (body, message) => {
    const { code, text } = await fixture.ask('POST', '/api/v1/namespaces/default/configmaps', {
      headers: { 'content-type': 'application/yaml' },
      body,
    });
    expect(code).toBe(400);
    expect(text).toContain(message);
  });
});
