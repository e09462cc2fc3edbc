import { credentials, Server, ServerCredentials, type ServerWritableStream } from '@grpc/grpc-js';
import pino from 'pino';
import { expect, onTestFinished, test, vi } from 'vitest';
import { realClock } from '#api/clock.ts';
import type { HttpRoutesUpdate } from '#proto/gen/podlab/v1/HttpRoutesUpdate.ts';
import { httpRoutesProto } from '#proto/load.ts';
import { watchHttpRoutes } from './watch-client.ts';

type Call = ServerWritableStream<unknown, HttpRoutesUpdate>;

/** The names that each update brought, of a control plane that says `updates` at each connection and hangs up. */
async function hear(updates: readonly HttpRoutesUpdate[], failures: number): Promise<string[][]> {
  const server = new Server();
  server.addService(httpRoutesProto.HttpRoutesService.service, {
    Watch(call: Call) {
      for (const update of updates) call.write(update);
      call.end();
    },
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, got) =>
      error === null ? resolve(got) : reject(error),
    ),
  );
  const heard: string[][] = [];
  let left = failures;
  const watching = watchHttpRoutes({
    address: `127.0.0.1:${port}`,
    async credentials() {
      if (left-- > 0) throw new Error('no credentials yet');
      return credentials.createInsecure();
    },
    nodeName: 'node1',
    clock: realClock,
    log: pino({ enabled: false }),
    apply: (_, upserted) => heard.push(upserted.map(({ name }) => name)),
  });
  onTestFinished(() => {
    watching.stop();
    server.forceShutdown();
  });
  return heard;
}

const whole = (...upserted: string[]): HttpRoutesUpdate => ({
  whole: true,
  upserted: upserted.map((text) => Buffer.from(text)),
});

test('goes on trying when the node has no credentials yet', async () => {
  const heard = await hear([whole('{"name":"ingress/a"}')], 2);
  await vi.waitFor(() => expect(heard[0]).toEqual(['ingress/a']), 5000);
});

test('leaves out what makes no sense, and connects again when the stream ends', async () => {
  const heard = await hear([whole('{"name":'), whole('{"name":"ingress/b"}')], 0);
  await vi.waitFor(() => expect(heard.slice(0, 2)).toEqual([['ingress/b'], ['ingress/b']]), 5000);
});
