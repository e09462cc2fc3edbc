import type { Logger } from 'pino';
import type { Clock } from '#api/clock.ts';
import { Runner } from '#api/runner.ts';
import type { Proxier, ProxyMode } from './proxier.ts';
import type { ServicePortMap } from './service-port.ts';

export interface CarrierOptions {
  /** Until it is told otherwise. */
  readonly mode: ProxyMode;
  /** `lost`: what the proxier made was changed by somebody else. */
  readonly create: (mode: ProxyMode, lost: () => void) => Proxier;
  /** What is to be carried now. */
  readonly services: () => ServicePortMap;
  /** Told after each sync. */
  readonly carrying?: (mode: ProxyMode) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** How often the rules are looked for, in case that nobody tells us that somebody removed them. */
const VERIFY_EVERY = 10_000;
const FIRST_RETRY = 100;
const LAST_RETRY = 10_000;

/** Has one proxier at a time carry Services, and another one when the mode changes. */
export class ServiceCarrier {
  readonly #options: CarrierOptions;
  readonly #runner: Runner;
  #mode: ProxyMode;
  #preferred: ProxyMode | undefined;
  #proxier: Proxier | undefined;
  /** The other mode's work is being taken away. */
  #leaving: Promise<void> = Promise.resolve();
  #waiting: (() => void)[] = [];
  #stopped = false;
  #stopVerifying = (): void => {};

  constructor(options: CarrierOptions) {
    const { clock, log, mode } = options;
    this.#options = options;
    this.#mode = mode;
    this.#runner = new Runner({
      clock,
      run: () => this.#sync(),
      failed: (err, retryIn) => log.error({ err, retryIn }, 'cannot carry Services'),
    });
    this.#verifyLater();
  }

  /** What is to be carried may have changed. */
  request(): void {
    this.#runner.request();
  }

  /** Resolves when the node carries what is to be carried as of now, in the mode as of now. */
  carried(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#runner.request();
    });
  }

  /** Resolves when the node carries Services in this mode and nothing of the other is left. */
  async setMode(mode: ProxyMode): Promise<void> {
    this.#mode = mode;
    await this.carried();
    await this.#leaving;
  }

  /** A mode that goes before the one that was set; undefined: none does. It is followed at the next request. */
  prefer(mode: ProxyMode | undefined): void {
    this.#preferred = mode;
  }

  /** Ends; what the kernel holds goes on carrying Services. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stopVerifying();
    await this.#runner.stop();
    this.#proxier?.close();
  }

  async #sync(): Promise<void> {
    const { clock, log, services, carrying } = this.#options;
    const waiting = this.#waiting;
    this.#waiting = [];
    try {
      const started = clock.now();
      const mode = this.#preferred ?? this.#mode;
      const ports = services();
      if (this.#proxier?.mode === mode) await this.#proxier.sync(ports);
      else await this.#switch(mode, ports);
      carrying?.(mode);
      log.debug({ services: ports.size, milliseconds: clock.now() - started }, 'synced');
    } catch (error) {
      this.#waiting.unshift(...waiting);
      throw error;
    }
    for (const resolve of waiting) resolve();
  }

  /** The new one carries before the old one is taken away, so that no connection is refused in between. */
  async #switch(mode: ProxyMode, ports: ServicePortMap): Promise<void> {
    const { create, log } = this.#options;
    const lost = (): void => this.#runner.request();
    // What is still being taken away may be of this mode.
    await this.#leaving;
    const next = create(mode, lost);
    try {
      await next.sync(ports);
    } catch (error) {
      next.close();
      throw error;
    }
    const previous = this.#proxier;
    this.#proxier = next;
    log.info({ mode, previous: previous?.mode }, 'Services are carried in this mode');
    // After a restart of the process the other mode's work may still be on the node.
    this.#leaving = this.#leave(previous ?? create(mode === 'nftables' ? 'userspace' : 'nftables', lost));
  }

  /** Beside further syncs: connections may take a while to end. */
  async #leave(proxier: Proxier): Promise<void> {
    const { clock, log } = this.#options;
    for (let retryIn = FIRST_RETRY; !this.#stopped; retryIn = Math.min(retryIn * 2, LAST_RETRY)) {
      try {
        return await proxier.stop();
      } catch (err) {
        log.error({ err, mode: proxier.mode, retryIn }, 'cannot take away what the other mode made');
        await new Promise<void>((resolve) => clock.after(retryIn, resolve));
      }
    }
  }

  async #verify(): Promise<void> {
    try {
      if ((await this.#proxier?.verify()) === false) this.#runner.request();
    } catch (err) {
      this.#options.log.error({ err }, 'cannot look at the rules');
    }
    if (!this.#stopped) this.#verifyLater();
  }

  #verifyLater(): void {
    this.#stopVerifying = this.#options.clock.after(VERIFY_EVERY, () => void this.#verify());
  }
}
