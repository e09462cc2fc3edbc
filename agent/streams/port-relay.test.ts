import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createPortRelay, type PortRelay } from './port-relay.ts';

let relay: PortRelay;
let server: Server;
beforeEach(async () => {
  relay = createPortRelay(() => []);
  server = createServer({ allowHalfOpen: true }, (socket) => {
    let text = '';
    socket.on('data', (data: Buffer) => (text += data.toString()));
    socket.on('end', () => socket.end(`heard ${text.length}`));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  relay.close();
  server.close();
});

const portOf = (one: Server): number => (one.address() as AddressInfo).port;

test('both directions are carried, each to its own end', async () => {
  const socket = await relay.connect(process.pid, portOf(server));
  socket.end('x'.repeat(300_000));
  let answer = '';
  for await (const data of socket) answer += String(data);
  expect(answer).toBe('heard 300000');
});

test('one helper serves several connections at once', async () => {
  const sockets = await Promise.all([1, 2, 3].map(() => relay.connect(process.pid, portOf(server))));
  const answers = sockets.map(async (socket, index) => {
    socket.end('x'.repeat(index));
    let answer = '';
    for await (const data of socket) answer += String(data);
    return answer;
  });
  expect(await Promise.all(answers)).toEqual(['heard 0', 'heard 1', 'heard 2']);
});

test('a port on which nothing listens is refused with why', async () => {
  const port = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  await expect(relay.connect(process.pid, port)).rejects.toThrow(
    `failed to connect to localhost:${port} inside the Pod's network namespace, IPv4: dial tcp4 127.0.0.1:${port}: connect: connection refused IPv6 dial tcp6 [::1]:${port}: connect: `,
  );
});

test('a namespace that cannot be entered is an error, and the next try starts afresh', async () => {
  const failing = createPortRelay(() => ['sh', '-c', 'echo no such process >&2; exit 1', '--']);
  for (let count = 0; count < 2; count += 1)
    await expect(failing.connect(1, 80)).rejects.toThrow(
      'cannot enter the network namespace of the Pod: no such process',
    );
});
