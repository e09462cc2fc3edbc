import { describe, expect, test } from 'vitest';
import { hostPortRules, withoutClashes, type HostPort } from './host-ports.ts';

const port: HostPort = { hostIp: '', hostPort: 8080, containerPort: 80, protocol: 'TCP' };
const dual = ['10.244.1.5', 'fd00:10:244:1::5'];
const ways = (hostIp: string): string[] =>
  hostPortRules('default/web', [{ ...port, hostIp }], dual).map((rule) => `${rule.hostIp}>${rule.podIp}`);

describe('a hostPort', () => {
  test('is on every address of the families that the Pod has', () => {
    expect(ways('')).toEqual(['>10.244.1.5', '>fd00:10:244:1::5']);
  });

  test.each([
    ['0.0.0.0', ['>10.244.1.5']],
    ['::', ['>fd00:10:244:1::5']],
    ['192.0.2.1', ['192.0.2.1>10.244.1.5']],
    ['FD12::0:1', ['fd12::1>fd00:10:244:1::5']],
  ])('with the hostIP %s is of its family', (hostIp, expected) => {
    expect(ways(hostIp)).toEqual(expected);
  });

  test('that two Pods want is the first one’s', () => {
    const [first] = hostPortRules('default/a', [port], ['10.244.1.5']);
    const [second] = hostPortRules('default/b', [port], ['10.244.1.6']);
    const [other] = hostPortRules('default/b', [{ ...port, protocol: 'UDP' }], ['10.244.1.6']);
    expect(withoutClashes([first!, second!, other!])).toEqual([first, other]);
  });
});
