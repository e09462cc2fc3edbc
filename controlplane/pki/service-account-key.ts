import { createPrivateKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readIfExists, writeAtomically } from './files.ts';

const MODULUS_BITS = 2048;

/** A new RSA key to sign service accounts' tokens with. */
export const createServiceAccountKey = async (): Promise<KeyObject> =>
  (await promisify(generateKeyPair)('rsa', { modulusLength: MODULUS_BITS })).privateKey;

/**
 * The key of `sa.key` in `dir`, made if there is none. Throws when it is there but cannot be read: a new one would make every token worthless.
 */
export async function loadServiceAccountKey(dir: string): Promise<KeyObject> {
  const path = join(dir, 'sa.key');
  const kept = await readIfExists(path);
  if (kept !== undefined) return readKey(path, kept);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const key = await createServiceAccountKey();
  await writeAtomically(path, key.export({ format: 'pem', type: 'pkcs8' }).toString());
  return key;
}

function readKey(path: string, text: string): KeyObject {
  try {
    return createPrivateKey(text);
  } catch (error) {
    const what = `${path} does not hold a private key; remove it to make a new one, which ends every token`;
    throw new Error(what, { cause: error });
  }
}
