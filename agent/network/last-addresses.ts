import { readFile, writeFile } from 'node:fs/promises';
import type { Logger } from 'pino';

/** Which addresses were handed out last, on disk: who comes next gets others (host-local's `last_reserved_ip`). */
export class LastAddresses {
  readonly #path: string;
  readonly #log: Logger;
  #ips: readonly string[] = [];
  #writing = false;
  #changed = false;

  constructor(path: string, log: Logger) {
    this.#path = path;
    this.#log = log;
  }

  /** None when there is no such file. */
  async read(): Promise<string[]> {
    const text = await readFile(this.#path, 'utf8').catch(() => '');
    return text.split('\n').filter((line) => line !== '');
  }

  /** Writes soon, and nobody waits for it: a crash before that costs an address that is used again too early, at worst. */
  note(ips: readonly string[]): void {
    this.#ips = ips;
    this.#changed = true;
    if (!this.#writing) void this.#write();
  }

  async #write(): Promise<void> {
    this.#writing = true;
    while (this.#changed) {
      this.#changed = false;
      await writeFile(this.#path, this.#ips.map((ip) => `${ip}\n`).join('')).catch((err: unknown) =>
        this.#log.warn({ err }, 'cannot remember which addresses were handed out last'),
      );
    }
    this.#writing = false;
  }
}
