/** Where a command says what it is doing while it takes time. */
export interface Progress {
  /** One line for people: what happens now. */
  step(text: string): void;
  /** What a long step is busy with; on a terminal it is shown in place, elsewhere not at all. */
  detail(text: string): void;
}

export const silent: Progress = { step: () => {}, detail: () => {} };

/** Steps as lines with the seconds since the start; details on one line that is overwritten. */
export function terminalProgress(out: NodeJS.WriteStream, now: () => number = Date.now): Progress {
  const start = now();
  const clear = out.isTTY ? '\r\u001b[K' : '';
  return {
    step(text) {
      out.write(`${clear}[${((now() - start) / 1000).toFixed(1).padStart(5)}s] ${text}\n`);
    },
    detail(text) {
      if (out.isTTY) out.write(`${clear}         ${text.slice(0, Math.max(20, out.columns - 10))}`);
    },
  };
}
