import { pino } from 'pino';
import { expect, test } from 'vitest';
import { FakeClock } from '#api/clock.ts';
import { ModeAnnotation, unknownModeEvent } from './mode-annotation.ts';
import { ClusterState } from './state/cluster-state.ts';

const node = (mode?: string) => ({
  name: 'node1',
  annotations: mode === undefined ? {} : { 'podlab.io/proxy-mode': mode },
});

test('a mode that there is not is told of once, and changes nothing', () => {
  const state = new ClusterState();
  const refused: string[] = [];
  const annotation = new ModeAnnotation('node1', pino({ level: 'silent' }), (text) => refused.push(text));
  const read = (mode?: string) => {
    state.nodes.set('node1', node(mode) as never);
    return annotation.read(state);
  };
  expect(read()).toBeUndefined();
  expect(read('userspace')).toBe('userspace');
  expect([read('iptables'), read('iptables')]).toEqual(['userspace', 'userspace']);
  expect(read('nftables')).toBe('nftables');
  expect(refused).toEqual(['iptables']);
  expect(unknownModeEvent('iptables', 'node1', new FakeClock()).message).toBe(
    'podlab.io/proxy-mode: unknown mode "iptables": use nftables or userspace',
  );
});
