import { StatusError } from '#api/status.ts';
import type { WatchEvent, WatchOptions } from '../registry/registry.ts';
import { type OutputType, negotiateOutput } from './media-type.ts';
import { includeObjectOf } from './object-encoding.ts';
import { watchOptions } from './query-options.ts';
import type { ResourceRequest, ServerContext } from './server-context.ts';
import { errorFrame, frameWriter } from './watch-frames.ts';
import { WatchStream } from './watch-stream.ts';

/** kube-apiserver's `--min-request-timeout`: watches without a timeout of their own last this long to twice as long. */
const MIN_TIMEOUT_SECONDS = 1800;

/**
 * Serves a watch until it times out or the client goes. A resourceVersion that is too old is answered as Kubernetes' watch cache does: with
 * 200 and one ERROR event.
 */
export async function serveWatch(
  context: ServerContext,
  { exchange, route }: ResourceRequest,
): Promise<void> {
  const output = negotiateOutput(
    exchange.header('accept'),
    ['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList'],
    true,
  );
  const toFrame = frameWriter(route.resource, output, includeObjectOf(exchange.query), () =>
    context.clock.now(),
  );
  const { options, timeoutSeconds } = watchOptions(exchange.query);
  const watch = new HeldWatch();
  const expired = watch.open(context, route, oneObject(options, route.name));
  const seconds = timeoutSeconds ?? MIN_TIMEOUT_SECONDS * (1 + Math.random());
  const uncount = context.metrics.countWatcher();
  exchange.writeHead(200, { 'content-type': contentType(output) });
  const stream = new WatchStream(exchange.response, () => {
    watch.cancel();
    stopTimer();
    uncount();
    context.watches.delete(stream);
  });
  const stopTimer = context.clock.after(seconds * 1000, () => stream.end());
  context.watches.add(stream);
  exchange.response.flushHeaders();
  if (expired !== undefined) {
    stream.send(errorFrame(expired));
    stream.end();
    return;
  }
  watch.release((event) => {
    if (event.type !== 'ERROR') {
      stream.send(toFrame(event));
      return;
    }
    stream.send(errorFrame(event.error));
    stream.end();
  });
  stream.startLive();
}

/**
 * A watch of the registry that is opened before the first byte is written, so that its refusals can still be answered with their own code;
 * its events are held back until `release`.
 */
class HeldWatch {
  readonly #held: WatchEvent[] = [];
  #deliver = (event: WatchEvent): void => {
    this.#held.push(event);
  };
  #cancel: (() => void) | undefined;

  /** Throws the registry's refusal, but returns that a resourceVersion has expired. */
  open(
    context: ServerContext,
    route: ResourceRequest['route'],
    options: WatchOptions,
  ): StatusError | undefined {
    try {
      this.#cancel = context.registry.watch(route, options, (event) => this.#deliver(event));
      return undefined;
    } catch (error) {
      if (error instanceof StatusError && error.code === 410) return error;
      throw error;
    }
  }

  release(on: (event: WatchEvent) => void): void {
    this.#deliver = on;
    for (const event of this.#held.splice(0)) on(event);
  }

  cancel(): void {
    this.#cancel?.();
  }
}

/** The deprecated way of watching one object, `/watch/…/NAME`, and a GET of one object with `watch=true`. */
function oneObject(options: WatchOptions, name: string | undefined): WatchOptions {
  if (name === undefined) return options;
  const selector = `metadata.name=${name}`;
  return {
    ...options,
    fieldSelector: options.fieldSelector === undefined ? selector : `${options.fieldSelector},${selector}`,
  };
}

const contentType = (output: OutputType): string =>
  output.encoding === 'json' ? 'application/json' : 'application/json;stream=watch';
