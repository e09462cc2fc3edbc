import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServerFixture, startFixture } from './server-fixture.ts';

let fixture: ServerFixture;

beforeAll(async () => {
  fixture = await startFixture();
});
afterAll(() => fixture.stop());

const PODS = '/api/v1/namespaces/default/pods';

/** The value of the series with all these labels, if there is one. */
async function valueOf(metric: string, labels: Record<string, string>): Promise<number | undefined> {
  const { text } = await fixture.ask('GET', '/metrics');
  const line = text
    .split('\n')
    .filter((one) => one.startsWith(`${metric}{`) || one.startsWith(`${metric} `))
    .find((one) => Object.entries(labels).every(([name, value]) => one.includes(`${name}="${value}"`)));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
}

describe('metrics', () => {
  it('count requests by what they ask and what they are answered', async () => {
    await fixture.ask('GET', `${PODS}/none`);
    await fixture.ask('GET', `${PODS}/none`);
    await fixture.ask('GET', PODS);
    const get = { verb: 'GET', resource: 'pods', scope: 'resource', version: 'v1' };
    expect(await valueOf('apiserver_request_total', { ...get, code: '404' })).toBe(2);
    expect(await valueOf('apiserver_request_duration_seconds_count', get)).toBe(2);
    const list = { verb: 'LIST', resource: 'pods', scope: 'namespace', code: '200' };
    expect(await valueOf('apiserver_request_total', list)).toBe(1);
  });

  it('do not grow with what clients make up', async () => {
    for (const method of ['BREW', 'STEEP']) await fixture.ask(method, `${PODS}/none`);
    expect(await valueOf('apiserver_request_total', { verb: 'other', code: '405' })).toBe(2);
  });

  it('show open watches, what is being served, what is stored, and the process', async () => {
    const watch = fixture.ask('GET', `${PODS}?watch=1&timeoutSeconds=1`);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const watches = { verb: 'WATCH', resource: 'pods' };
    expect(await valueOf('apiserver_longrunning_requests', watches)).toBe(1);
    await watch;
    expect(await valueOf('apiserver_longrunning_requests', watches)).toBe(0);
    expect(await valueOf('apiserver_current_inflight_requests', { request_kind: 'readOnly' })).toBe(1);
    expect(await valueOf('apiserver_storage_objects', { resource: 'namespaces' })).toBe(1);
    expect(await valueOf('process_resident_memory_bytes', {})).toBeGreaterThan(1e6);
  });
});
