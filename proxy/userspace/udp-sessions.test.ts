import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { FakeClock } from '#api/clock.ts';
import type { Endpoint } from '../service-port.ts';
import { UdpSessions, type UdpSession } from './udp-sessions.ts';

const open: (() => unknown)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

/** An endpoint that says everything back. */
async function echo(): Promise<Endpoint> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  open.push(() => socket.close());
  socket.on('message', (message, from) => socket.send(message, from.port, from.address));
  await once(socket, 'listening');
  return { ip: '127.0.0.1', port: socket.address().port, nodeName: 'node1', local: true };
}

function sessions() {
  const clock = new FakeClock();
  const ended: UdpSession[] = [];
  const answers: string[] = [];
  const all = new UdpSessions(clock);
  const begin = (client: string, endpoint: Endpoint): UdpSession => {
    const session = all.open({
      client,
      endpoint,
      answer: (datagram) => void answers.push(datagram.toString()),
      ended: (one) => void ended.push(one),
    });
    open.push(() => session.end());
    return session;
  };
  return { clock, ended, answers, all, begin };
}

test('what is sent before the socket is ready is kept, and answered in its order', async () => {
  const { begin, answers } = sessions();
  const session = begin('192.0.2.1', await echo());
  for (const text of ['a', 'b', 'c']) session.send(Buffer.from(text));
  await expect.poll(() => answers).toEqual(['a', 'b', 'c']);
  expect([session.bytesIn, session.bytesOut]).toEqual([3, 3]);
});

test('a client that is silent is forgotten after two minutes, one that speaks is not', async () => {
  const { begin, clock, ended, all } = sessions();
  const endpoint = await echo();
  const silent = begin('192.0.2.1', endpoint);
  const speaking = begin('192.0.2.2', endpoint);
  for (let n = 0; n < 13; n++) {
    clock.advance(10_000);
    speaking.send(Buffer.from('x'));
  }
  expect(ended).toEqual([silent]);
  expect(all.size).toBe(1);
});

test('one client cannot take the sessions of others', async () => {
  const { begin, ended, all } = sessions();
  const endpoint = await echo();
  const other = begin('192.0.2.2', endpoint);
  for (let n = 0; n < 1500; n++) begin('192.0.2.1', endpoint);
  expect(all.size).toBe(1025);
  expect(ended).not.toContain(other);
});

test('a session whose endpoint refuses ends, so that the next datagram may go elsewhere', async () => {
  const { begin, ended } = sessions();
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  await new Promise<void>((resolve) => void socket.close(resolve));
  const session = begin('192.0.2.1', { ip: '127.0.0.1', port, nodeName: 'node1', local: true });
  session.send(Buffer.from('x'));
  await expect.poll(() => ended).toEqual([session]);
});
