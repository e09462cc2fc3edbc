import type { Duplex } from 'node:stream';
import {
  dataHeader,
  FrameParser,
  goAwayFrame,
  pingFrame,
  resetFrame,
  SpdyError,
  synReplyFrame,
  type Frame,
} from './frames.ts';
import { createEmptyHeaderWriter, createHeaderReader, type Headers } from './headers.ts';

/** A stream that the client opened. */
export interface SpdyStream {
  readonly headers: Headers;
  /**
   * Calls `data` in order and `end` once (also when the connection ends). While a promise of `data` is pending the whole connection waits:
   * clients of Kubernetes do no flow control of single streams. What came earlier was kept.
   */
  onData(handlers: { data(data: Buffer): void | Promise<void>; end(): void }): void;
  /** Resolves when more may be written. Nothing happens after the end. */
  write(data: Buffer): Promise<void>;
  end(): void;
  /** Gives the stream up in both directions. */
  reset(): void;
}

export interface SpdyConnection {
  /** Says goodbye and closes when all is written. */
  close(): void;
}

const MAX_STREAMS = 512;
/** Bytes that a stream may get before anyone listens. */
const MAX_EARLY = 1024 * 1024;

/**
 * The server's side of SPDY/3.1 as Kubernetes' clients speak it, on a connection that was upgraded already. `opened` is called for each
 * stream, `closed` once. A peer that breaks the protocol is disconnected.
 */
export function serveSpdy(
  socket: Duplex,
  head: Buffer,
  handlers: { opened(stream: SpdyStream): void; closed(): void },
): SpdyConnection {
  const parser = new FrameParser();
  const headerReader = createHeaderReader();
  const emptyHeaders = createEmptyHeaderWriter();
  const streams = new Map<number, StreamState>();
  let lastStreamId = 0;
  let over = false;

  function finish(): void {
    if (over) return;
    over = true;
    headerReader.close();
    for (const stream of streams.values()) stream.remoteEnded();
    streams.clear();
    handlers.closed();
  }

  async function handle(frame: Frame): Promise<void> {
    switch (frame.type) {
      case 'synStream':
        return open(frame.streamId, frame.fin, await headerReader.read(frame.block));
      case 'data': {
        const stream = streams.get(frame.streamId);
        if (frame.data.length > 0) await stream?.receive(frame.data);
        if (frame.fin) stream?.remoteEnded();
        return;
      }
      case 'reset':
        streams.get(frame.streamId)?.abandon();
        streams.delete(frame.streamId);
        return;
      case 'ping':
        // Even ids would be answers to pings of ours.
        if (frame.id % 2 === 1) write(pingFrame(frame.id));
        return;
      case 'ignored':
        if (frame.block !== undefined) await headerReader.read(frame.block);
        return;
      case 'goAway':
    }
  }

  function open(streamId: number, fin: boolean, headers: Headers): void {
    if (streamId <= lastStreamId || streamId % 2 === 0)
      throw new SpdyError(`stream id ${streamId} is not a new one`);
    lastStreamId = streamId;
    if (streams.size >= MAX_STREAMS) return write(resetFrame(streamId, 3));
    const stream = createStream(headers, {
      send: (data, last) => send(streamId, data, last),
      reset: () => write(resetFrame(streamId, 5)),
      done: () => streams.delete(streamId),
    });
    streams.set(streamId, stream);
    write(synReplyFrame(streamId, emptyHeaders()));
    if (fin) stream.remoteEnded();
    handlers.opened(stream);
  }

  function write(frame: Buffer): void {
    if (socket.writable) socket.write(frame);
  }

  function send(streamId: number, data: Buffer, fin: boolean): Promise<void> {
    if (!socket.writable) return Promise.resolve();
    socket.cork();
    socket.write(dataHeader(streamId, data.length, fin));
    const more = data.length === 0 || socket.write(data);
    socket.uncork();
    return more ? Promise.resolve() : drained(socket);
  }

  async function read(): Promise<void> {
    try {
      for (const frame of parser.push(head)) await handle(frame);
      for await (const chunk of socket as AsyncIterable<Buffer>)
        for (const frame of parser.push(chunk)) await handle(frame);
    } catch {
      // A broken connection or protocol: either way there is nobody to tell.
      socket.destroy();
    }
    finish();
  }

  socket.on('error', finish);
  socket.on('close', finish);
  void read();
  return {
    close() {
      write(goAwayFrame(lastStreamId));
      socket.end();
      // A client that keeps its side open would keep the connection for ever.
      setTimeout(() => socket.destroy(), LINGER).unref();
    },
  };
}

/** Milliseconds for the client to read what is left and close. */
const LINGER = 5_000;

const drained = (socket: Duplex): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done);
      socket.off('close', done);
      resolve();
    };
    socket.on('drain', done);
    socket.on('close', done);
  });

interface StreamState extends SpdyStream {
  receive(data: Buffer): void | Promise<void>;
  /** No more will come. */
  remoteEnded(): void;
  /** The peer reset it. */
  abandon(): void;
}

interface StreamActions {
  send(data: Buffer, fin: boolean): Promise<void>;
  reset(): void;
  done(): void;
}

function createStream(headers: Headers, actions: StreamActions): StreamState {
  let handlers: Parameters<SpdyStream['onData']>[0] | undefined;
  let early: Buffer[] = [];
  let earlyBytes = 0;
  let catchingUp: Promise<void> | undefined;
  let remoteOver = false;
  let localOver = false;

  /** Hands over what came before anyone listened. */
  async function deliver(kept: readonly Buffer[]): Promise<void> {
    try {
      for (const data of kept) await handlers?.data(data);
    } catch {
      actions.reset();
    }
    catchingUp = undefined;
    if (remoteOver) handlers?.end();
  }

  function doneIfOver(): void {
    if (remoteOver && localOver) actions.done();
  }

  return {
    headers,
    onData(given) {
      handlers = given;
      const kept = early;
      early = [];
      if (kept.length > 0) catchingUp = deliver(kept);
      else if (remoteOver) given.end();
    },
    write(data) {
      return localOver || data.length === 0 ? Promise.resolve() : actions.send(data, false);
    },
    end() {
      if (localOver) return;
      localOver = true;
      void actions.send(Buffer.alloc(0), true);
      doneIfOver();
    },
    reset() {
      if (remoteOver && localOver) return;
      localOver = true;
      remoteOver = true;
      actions.reset();
      actions.done();
    },
    receive(data) {
      if (remoteOver) return;
      if (catchingUp !== undefined) return catchingUp.then(() => handlers?.data(data));
      if (handlers !== undefined) return handlers.data(data);
      earlyBytes += data.length;
      if (earlyBytes > MAX_EARLY) throw new SpdyError('too much data before the stream was served');
      early.push(data);
    },
    remoteEnded() {
      if (remoteOver) return;
      remoteOver = true;
      if (catchingUp === undefined) handlers?.end();
      doneIfOver();
    },
    abandon() {
      localOver = true;
      this.remoteEnded();
    },
  };
}
