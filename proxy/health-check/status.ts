import type { Logger } from 'pino';
import type { Clock } from '#api/clock.ts';
import type { ProxyMode } from '../proxier.ts';
import { Runner } from '#api/runner.ts';
import { statusAnswer } from './answers.ts';
import { listenForChecks } from './listener.ts';

export interface StatusOptions {
  /** kube-proxy's 10249. */
  readonly port?: number;
  /** How Services are carried now. */
  readonly mode: () => ProxyMode;
  readonly clock: Clock;
  readonly log: Logger;
}

const STATUS_PORT = 10_249;
/** Pods of the host's network and who is on the node may ask; nobody else. */
const HOST = '127.0.0.1';

/** Tells on the node itself in which mode its proxy works, where kube-proxy tells it. */
export function serveStatus({ port = STATUS_PORT, mode, clock, log }: StatusOptions): {
  stop(): Promise<void>;
} {
  let listening: { readonly close: () => void } | undefined;
  const runner = new Runner({
    async run() {
      listening = await listenForChecks(port, (path) => statusAnswer(path, mode()), HOST);
    },
    failed: (err, retryIn) =>
      log.error({ err, retryIn }, "cannot listen for questions about the proxy's mode"),
    clock,
  });
  runner.request();
  return {
    async stop() {
      await runner.stop();
      listening?.close();
    },
  };
}
