import { pino, type Logger } from 'pino';

/** How long an orderly stop may take before the process ends anyway, in milliseconds. Docker's own patience is 10 s. */
const STOP_LIMIT = 9_000;

/**
 * Runs one of podlab's processes: starts it, stops it in order on SIGTERM or SIGINT, and ends with code 1 and one clear log line when it cannot
 * start or meets a fault that nobody handles.
 */
export async function runProcess(
  name: string,
  start: (log: Logger) => Promise<() => Promise<void>>,
): Promise<void> {
  const log = pino({ name, level: process.env['PODLAB_LOG_LEVEL'] ?? 'info' });
  const fail = (what: string) => (error: unknown) => {
    log.fatal({ err: error }, what);
    process.exit(1);
  };
  process.on('uncaughtException', fail('a fault that nobody handled'));
  process.on('unhandledRejection', fail('a rejection that nobody handled'));
  const stop = await start(log).catch(fail(`${name} cannot start`));
  let stopping = false;
  const onSignal = (signal: string) => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'stopping');
    setTimeout(() => fail('did not stop in time')(undefined), STOP_LIMIT).unref();
    stop().then(() => process.exit(0), fail('did not stop cleanly'));
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}
