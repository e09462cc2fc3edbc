import { describe, expect, it } from 'vitest';
import { podsToDelete } from './pod-ranking.ts';
import { pod } from '../test-objects.ts';

const NOW = Date.UTC(2026, 0, 2);
const names = (pods: readonly { metadata: { name: string } }[]) => pods.map(({ metadata }) => metadata.name);
const first = (...pods: ReturnType<typeof pod>[]) => names(podsToDelete(pods, pods, 1, NOW))[0];
const ready = { nodeName: 'node1', phase: 'Running', readySince: NOW - 3_600_000 };

describe('podsToDelete', () => {
  it('takes a Pod without a node before all others', () => {
    expect(first(pod('ready', ready), pod('pending', { ...ready, phase: 'Pending' }), pod('free'))).toBe(
      'free',
    );
  });

  it('takes a pending Pod before a running one', () => {
    expect(first(pod('running', ready), pod('pending', { nodeName: 'node1', phase: 'Pending' }))).toBe(
      'pending',
    );
  });

  it('takes a Pod that is not ready before a ready one', () => {
    expect(first(pod('ready', ready), pod('not', { nodeName: 'node1', phase: 'Running' }))).toBe('not');
  });

  it('takes the Pod of the lower deletion cost', () => {
    const cost = { 'controller.kubernetes.io/pod-deletion-cost': '-5' };
    expect(first(pod('costly', ready), pod('cheap', { ...ready, annotations: cost }))).toBe('cheap');
  });

  it('takes a Pod from the node with more of the same owner', () => {
    const lone = pod('lone', { ...ready, nodeName: 'node2' });
    expect(first(lone, pod('a', ready), pod('b', ready))).toMatch(/a|b/);
  });

  it('takes the Pod that became ready an order of magnitude later', () => {
    expect(first(pod('old', ready), pod('new', { ...ready, readySince: NOW - 1000 }))).toBe('new');
  });

  it('takes the Pod that restarted more often', () => {
    expect(first(pod('steady', ready), pod('shaky', { ...ready, restarts: 3 }))).toBe('shaky');
  });

  it('takes the newer of two Pods that are alike', () => {
    const old = pod('old', { nodeName: 'n', created: NOW - 86_400_000 });
    expect(first(old, pod('new', { nodeName: 'n', created: NOW - 1000 }))).toBe('new');
  });

  it('takes all when all are asked for', () => {
    expect(podsToDelete([pod('a'), pod('b')], [], 2, NOW)).toHaveLength(2);
  });
});
