/** Programs that a test puts in the place of the machine's: shell scripts, which know their folder as $DIR. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Until `restore` they go before those of the same names on the PATH. Returns the folder, in which they may leave what they heard. */
export function fakePrograms(scripts: Readonly<Record<string, string>>): {
  readonly dir: string;
  readonly restore: () => void;
} {
  const dir = mkdtempSync(join(tmpdir(), 'podlab-programs-'));
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(dir, name), `#!/bin/sh\nDIR=${dir}\n${script}\n`);
    chmodSync(join(dir, name), 0o755);
  }
  const path = process.env['PATH'];
  process.env['PATH'] = `${dir}:${path}`;
  return {
    dir,
    restore() {
      process.env['PATH'] = path;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
