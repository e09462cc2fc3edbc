import { expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import { explain } from './engine-faults.ts';

const cases: [string, unknown, RegExp][] = [
  [
    'an engine that is not there',
    Object.assign(new Error('connect ENOENT /var/run/docker.sock'), { code: 'ENOENT' }),
    /does not answer/,
  ],
  [
    'a socket without permission',
    Object.assign(new Error('connect EACCES'), { code: 'EACCES' }),
    /no permission/,
  ],
  [
    'a port that the host uses',
    new Error(
      'driver failed programming external connectivity on endpoint x: Error starting userland proxy: listen tcp4 127.0.0.1:6443: bind: address already in use',
    ),
    /^port 6443 is in use/,
  ],
  [
    'a port that another container holds',
    new Error(
      'driver failed programming external connectivity on endpoint x: Bind for 127.0.0.1:7443 failed: port is already allocated',
    ),
    /^port 7443 is in use/,
  ],
  [
    'an address of another machine',
    new Error(
      'driver failed programming external connectivity on endpoint x: Error starting userland proxy: listen udp4 192.0.2.20:8472: bind: cannot assign requested address',
    ),
    /^192\.0\.2\.20 is no address of this machine/,
  ],
  [
    'an IPv6 address of another machine',
    new Error(
      'Error starting userland proxy: listen udp6 [2001:db8::2]:8472: bind: cannot assign requested address',
    ),
    /^2001:db8::2 is no address of this machine/,
  ],
  [
    'a tunnel port that the host uses',
    new Error('Error starting userland proxy: listen udp4 192.0.2.20:8472: bind: address already in use'),
    /^port 8472 is in use .*--tunnel-port/,
  ],
  [
    'a name that another container has',
    new Error(
      '(HTTP code 409) conflict - Conflict. The container name "/lab-node1" is already in use by container "0a1b". You have to remove (or rename) that container to be able to reuse that name. ',
    ),
    /^there is a container lab-node1 already/,
  ],
  [
    'a container that is gone',
    new Error('(HTTP code 404) no such container - No such container: lab-controlplane '),
    /^container lab-controlplane was removed meanwhile/,
  ],
  [
    'no address range left',
    new Error('could not find an available, non-overlapping IPv4 address pool among the defaults'),
    /no address range left/,
  ],
];

it.each(cases)('explains %s', (_, error, words) => {
  const explained = explain(error);
  expect(explained).toBeInstanceOf(UserError);
  expect((explained as Error).message).toMatch(words);
  expect((explained as Error).message).not.toContain('\n');
});

it('passes on what it does not know', () => {
  const error = new Error('something else');
  expect(explain(error)).toBe(error);
});
