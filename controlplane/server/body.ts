import { StatusError } from '#api/status.ts';
import type { AnyRequest } from './streaming.ts';

/** apiserver's `MaxRequestBodyBytes`. */
const MAX_BODY_BYTES = 3 * 1024 * 1024;

/**
 * Reads a whole body. Rejects with 413 once it is longer than `MAX_BODY_BYTES`, and with 400 when the client goes away in the middle.
 */
export function readBody(request: AnyRequest): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > MAX_BODY_BYTES) {
        reject(tooLarge());
        // What is left is read and dropped, so that the client hears the answer.
        chunks.length = 0;
      } else {
        chunks.push(chunk);
      }
    });
    let hasEnded = false;
    request.once('end', () => {
      hasEnded = true;
      resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
    });
    request.once('error', reject);
    // An error is made only when there is one: it costs more than reading the body.
    request.once('close', () => {
      if (!hasEnded) reject(StatusError.badRequest('unexpected EOF'));
    });
  });
}

const tooLarge = (): StatusError =>
  new StatusError('RequestEntityTooLarge', `Request entity too large: limit is ${MAX_BODY_BYTES}`);
