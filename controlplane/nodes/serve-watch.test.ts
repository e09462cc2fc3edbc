import { Writable } from 'node:stream';
import * as grpc from '@grpc/grpc-js';
import pino from 'pino';
import { describe, expect, test } from 'vitest';
import { serveWatch } from './serve-watch.ts';

type Call = grpc.ServerWritableStream<{ nodeName: string }, number>;

/** A call of a node that reads nothing, and the errors that it was told. */
function build(nodeName: string) {
  const errors: unknown[] = [];
  const call = new Writable({ objectMode: true, write() {} });
  Object.assign(call, {
    request: { nodeName },
    getAuthContext: () => ({ sslPeerCertificate: { subject: { CN: 'system:node:node1' } } }),
  });
  call.on('error', (error) => errors.push(error));
  let ended = 0;
  const serve = (first: number, limit: number): ((update: number) => void) => {
    let sender: ((update: number) => void) | undefined;
    serveWatch<number>(call as unknown as Call, {
      reader: 'proxy',
      limit: () => limit,
      log: pino({ enabled: false }),
      subscribe(_, send) {
        for (let update = 0; update < first; update++) send(update);
        sender = send;
        return () => void ended++;
      },
    });
    return (update) => sender?.(update);
  };
  return { call, errors, serve, ended: () => ended };
}

describe('a watch', () => {
  test('is its own node’s alone', () => {
    const { serve, errors } = build('node2');
    serve(0, 10);
    expect(errors).toMatchObject([{ code: grpc.status.UNAUTHENTICATED }]);
  });

  test('ends once, whatever tells that the node is gone', () => {
    const { call, serve, ended } = build('node1');
    serve(0, 10);
    call.emit('cancelled');
    call.emit('close');
    expect(ended()).toBe(1);
  });

  test('is dropped when the node does not read', () => {
    const { serve, errors, ended } = build('node1');
    const send = serve(10, 10);
    expect([errors, ended()]).toEqual([[], 0]);
    send(10);
    send(11);
    expect(errors).toMatchObject([{ code: grpc.status.RESOURCE_EXHAUSTED }]);
    expect(ended()).toBe(1);
  });

  test('follows nothing any more when it was dropped by what there was to begin with', () => {
    const { serve, ended } = build('node1');
    serve(20, 10);
    expect(ended()).toBe(1);
  });
});
