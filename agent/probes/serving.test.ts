import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '#api/clock.ts';
import { awaitServing, listeningPorts, listensOn } from './serving.ts';

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('waiting for a container to serve', () => {
  it('ends as soon as it does', async () => {
    const clock = new FakeClock();
    let listening = false;
    let serving = 0;
    awaitServing(
      clock,
      async () => listening,
      () => serving++,
    );
    await settle();
    expect(serving).toBe(0);
    listening = true;
    clock.advance(10);
    await settle();
    expect(serving).toBe(1);
  });

  it('ends after a second for one that does not', async () => {
    const clock = new FakeClock();
    let serving = 0;
    awaitServing(
      clock,
      async () => false,
      () => serving++,
    );
    for (let time = 0; time < 990; time += 10) {
      await settle();
      clock.advance(10);
    }
    await settle();
    expect(serving).toBe(0);
    clock.advance(10);
    await settle();
    expect(serving).toBe(1);
  });

  it('can be called off', async () => {
    const clock = new FakeClock();
    let serving = 0;
    const stop = awaitServing(
      clock,
      async () => true,
      () => serving++,
    );
    stop();
    await settle();
    expect(serving).toBe(0);
  });
});

describe('the kernel’s table of sockets', () => {
  it('names the ports that are listened on, not those of connections', () => {
    const table = [
      '  sl  local_address rem_address   st tx_queue rx_queue',
      '   0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1',
      '   1: 0100007F:1F90 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 2',
    ].join('\n');
    expect(listeningPorts(table)).toEqual([80]);
  });

  it.runIf(process.platform === 'linux')('is asked of the process', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    expect(await listensOn(process.pid, [port])).toBe(true);
    await new Promise((resolve) => server.close(resolve));
    expect(await listensOn(process.pid, [port])).toBe(false);
  });

  it('is not needed: a process whose table cannot be read is taken to listen', async () => {
    expect(await listensOn(0x7fff_ffff, [80])).toBe(true);
  });
});
