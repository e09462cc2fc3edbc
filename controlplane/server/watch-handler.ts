import { isType } from '#api/schema.ts';
import { StatusError } from '#api/status.ts';
import type { WatchEvent, WatchOptions } from '../registry/registry.ts';
import { type OutputType, PROTOBUF, negotiateOutput } from './media-type.ts';
import { includeObjectOf } from './object-encoding.ts';
import { selectedName, watchOptions } from './query-options.ts';
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
  const output = negotiateOutput(exchange.header('accept'), {
    transforms: ['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList'],
    isList: true,
    hasProtobuf: isType(route.resource.type),
  });
  const toFrame = frameWriter(route.resource, output, includeObjectOf(exchange.query), () =>
    context.clock.now(),
  );
  const { options, timeoutSeconds } = watchOptions(exchange.query);
  const watch = new HeldWatch();
  const milliseconds = millisecondsOf(timeoutSeconds);
  const expired = watch.open(context, route, {
    ...oneObject(options, route.name),
    timeoutMilliseconds: milliseconds,
  });
  exchange.writeHead(200, { 'content-type': CONTENT_TYPES[output.encoding] });
  const stream = new WatchStream(exchange.response, () => {
    watch.cancel();
    stopTimer();
    context.watches.delete(stream);
  });
  const stopTimer = context.clock.after(milliseconds, () => stream.end());
  context.watches.add(stream);
  exchange.response.flushHeaders();
  if (expired !== undefined) {
    stream.send(errorFrame(output, expired));
    stream.end();
    return;
  }
  watch.release((event) => {
    if (event.type !== 'ERROR') {
      stream.send(toFrame(event));
      return;
    }
    stream.send(errorFrame(output, event.error));
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

/** A timeout of zero counts as none. */
const millisecondsOf = (timeoutSeconds: number | undefined): number =>
  timeoutSeconds === undefined || timeoutSeconds === 0
    ? MIN_TIMEOUT_SECONDS * (1 + Math.random()) * 1000
    : Math.max(0, timeoutSeconds) * 1000;

/**
 * The deprecated way of watching one object, `/watch/…/NAME`, and a GET of one object with `watch=true`. Throws 400 when the field selector
 * does not name the same object.
 */
function oneObject(options: WatchOptions, name: string | undefined): WatchOptions {
  if (name === undefined) return options;
  const { fieldSelector } = options;
  if (fieldSelector === undefined) return { ...options, fieldSelector: `metadata.name=${name}` };
  if (selectedName(fieldSelector) === name) return options;
  throw StatusError.badRequest("fieldSelector metadata.name doesn't match requested name");
}

/** Events have no form in YAML. */
const CONTENT_TYPES: Readonly<Record<OutputType['encoding'], string>> = {
  json: 'application/json',
  yaml: 'application/json;stream=watch',
  protobuf: `${PROTOBUF};stream=watch`,
};
