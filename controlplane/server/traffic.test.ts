import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '#api/clock.ts';
import { ResourceCatalog } from '../registry/catalog.ts';
import { MemoryStore } from '../store/memory-store.ts';
import type { Exchange } from './exchange.ts';
import { Metrics } from './metrics.ts';
import { TooBusy, Traffic } from './traffic.ts';

const USER = { name: 'jane', groups: ['system:authenticated'] };
const ADMIN = { name: 'admin', groups: ['system:masters'] };

class FakeResponse extends EventEmitter {
  headersSent = false;
  destroyed = false;
  statusCode = 200;

  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

function open() {
  const clock = new FakeClock();
  const traffic = new Traffic(clock);
  const metrics = new Metrics(new ResourceCatalog(), new MemoryStore(), traffic);
  const begin = (method = 'GET', query = '', user = USER) => {
    const response = new FakeResponse();
    const sent: number[] = [];
    const exchange = {
      method,
      query: new URLSearchParams(query),
      response,
      request: { destroy: () => undefined },
      header: () => undefined,
      sendJson: async (code: number) => sent.push(code),
    };
    const route = { kind: 'path', path: '/' } as const;
    traffic.begin(metrics, exchange as unknown as Exchange, route, undefined, user);
    return { response, sent };
  };
  return { clock, traffic, begin };
}

describe('traffic', () => {
  it('takes 400 reads and 200 writes at once, and more of an administrator', () => {
    const { traffic, begin } = open();
    for (let n = 0; n < 400; n += 1) begin();
    expect(() => begin()).toThrow(TooBusy);
    for (let n = 0; n < 200; n += 1) begin('POST');
    expect(() => begin('PATCH')).toThrow(TooBusy);
    begin('GET', '', ADMIN);
    expect([traffic.readOnly, traffic.mutating]).toEqual([401, 200]);
  });

  it('has room again when an answer is sent, or its client gone', () => {
    const { traffic, begin } = open();
    const all = Array.from({ length: 400 }, () => begin());
    all[7]!.response.emit('close');
    begin();
    expect(() => begin()).toThrow(TooBusy);
    for (const { response } of all) response.emit('close');
    expect(traffic.readOnly).toBe(1);
  });

  it('ends what takes longer than a minute, or than its client said', () => {
    const { clock, begin } = open();
    const slow = begin('POST');
    const hasty = begin('GET', 'timeout=5s');
    const answering = begin();
    answering.response.headersSent = true;
    clock.advance(6000);
    expect([slow.sent, hasty.sent]).toEqual([[], [504]]);
    clock.advance(55_000);
    expect([slow.sent, hasty.sent]).toEqual([[504], [504]]);
    expect([answering.sent, answering.response.destroyed]).toEqual([[], true]);
  });

  it.each([
    ['soon', 'time: invalid duration "soon"'],
    ['10', 'time: missing unit in duration "10"'],
    ['10y', 'time: unknown unit "y" in duration "10y"'],
  ])('refuses the timeout %j', (timeout, why) => {
    const { begin } = open();
    expect(() => begin('GET', `timeout=${timeout}`)).toThrow(
      `invalid timeout specified in the request URL - ${why}`,
    );
  });
});
