import { generateKeyPairSync, sign } from 'node:crypto';

/** DER (ITU-T X.690): tag, length, content. */
function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag, ...lengthBytes(content.length)]), content]);
}

function lengthBytes(length: number): number[] {
  if (length < 0x80) return [length];
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
}

const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OBJECT_IDENTIFIER = 0x06;
const UTF8_STRING = 0x0c;
const SEQUENCE = 0x30;
const SET = 0x31;
const ATTRIBUTES = 0xa0;

const COMMON_NAME = Buffer.from([0x55, 0x04, 0x03]);
const ECDSA_WITH_SHA256 = Buffer.from([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]);

/**
 * A new P-256 key and a certificate signing request for it (PKCS#10, RFC 2986), both as PEM. Made by hand because Node makes keys and
 * signatures but no requests, and a certificate library in every node would cost 20 MB for these few bytes.
 */
export function createKeyAndCsr(commonName: string): { key: string; csr: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = der(SEQUENCE, der(SET, der(SEQUENCE, der(OBJECT_IDENTIFIER, COMMON_NAME), utf8(commonName))));
  const info = der(
    SEQUENCE,
    der(INTEGER, Buffer.from([0])),
    name,
    publicKey.export({ format: 'der', type: 'spki' }),
    der(ATTRIBUTES),
  );
  const signature = sign('sha256', info, privateKey);
  const request = der(
    SEQUENCE,
    info,
    der(SEQUENCE, der(OBJECT_IDENTIFIER, ECDSA_WITH_SHA256)),
    der(BIT_STRING, Buffer.from([0]), signature),
  );
  return {
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    csr: `-----BEGIN CERTIFICATE REQUEST-----\n${lines(request.toString('base64'))}-----END CERTIFICATE REQUEST-----\n`,
  };
}

const utf8 = (text: string): Buffer => der(UTF8_STRING, Buffer.from(text));

const lines = (base64: string): string => base64.replaceAll(/.{1,64}/g, '$&\n');
