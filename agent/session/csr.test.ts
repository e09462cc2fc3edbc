import { createPrivateKey, createPublicKey, verify } from 'node:crypto';
import { expect, test } from 'vitest';
import { createKeyAndCsr } from './csr.ts';

/** The parts of a DER sequence. */
function parts(der: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = contentStart(der, 0); at < der.length;) {
    const start = contentStart(der, at);
    const end = start + lengthAt(der, at);
    found.push(der.subarray(at, end));
    at = end;
  }
  return found;
}
const contentStart = (der: Buffer, at: number): number =>
  at + 2 + ((der[at + 1]! & 0x80) === 0 ? 0 : der[at + 1]! & 0x7f);
const lengthAt = (der: Buffer, at: number): number =>
  (der[at + 1]! & 0x80) === 0 ? der[at + 1]! : der.readUIntBE(at + 2, der[at + 1]! & 0x7f);

test.each(['node1', 'n'.repeat(150), 'n'.repeat(250)])('a request of %s is signed by its own key', (name) => {
  const { key, csr } = createKeyAndCsr(`system:node:${name}`);
  const der = Buffer.from(csr.replaceAll(/-----.*-----/g, ''), 'base64');
  const [info, algorithm, bits] = parts(der) as [Buffer, Buffer, Buffer];
  expect(algorithm.toString('hex')).toBe('300a06082a8648ce3d040302');
  const signature = bits.subarray(contentStart(bits, 0) + 1);
  const spki = parts(info)[2]!;
  const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  expect(verify('sha256', info, publicKey, signature)).toBe(true);
  expect(createPublicKey(createPrivateKey(key)).export({ format: 'der', type: 'spki' })).toEqual(spki);
  expect(info.includes(Buffer.from(`system:node:${name}`))).toBe(true);
});
