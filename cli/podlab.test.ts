import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const command = fileURLToPath(new URL('podlab.ts', import.meta.url));

test('a reader that goes away, as in `npm start | head`, stops nothing', async () => {
  const podlab = spawn(process.execPath, [command, 'start', '--help']);
  podlab.stdout.destroy();
  let errors = '';
  podlab.stderr.on('data', (data: Buffer) => (errors += data.toString()));
  const code = await new Promise((resolve) => podlab.on('close', resolve));
  expect({ code, errors }).toEqual({ code: 0, errors: '' });
});
