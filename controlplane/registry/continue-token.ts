import { StatusError } from '#api/status.ts';

/** Where a list goes on: after the key `start` (namespace, NUL, name), at a revision. */
export interface Position {
  /** Undefined: in the newest state, which may differ from what came before. */
  readonly revision: number | undefined;
  readonly start: string;
}

const VERSION = 'meta.k8s.io/v1';

/** As k8s.io/apiserver `storage/continue.go`: JSON in URL-safe base64. */
export function encodeContinue({ revision, start }: Position): string {
  const key = `${start.replace('\0', '/')}\0`;
  return Buffer.from(JSON.stringify({ v: VERSION, rv: revision ?? -1, start: key })).toString('base64url');
}

/** Throws a BadRequest for a token that this server did not make. */
export function decodeContinue(token: string): Position {
  const { v, rv, start } = parse(token);
  if (v !== VERSION)
    throw refuse(`continue key is not valid: server does not recognize this encoded version "${String(v)}"`);
  if (typeof rv !== 'number' || rv === 0) {
    throw refuse(
      'continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)',
    );
  }
  if (typeof start !== 'string' || start === '') {
    throw refuse('continue key is not valid: encoded start key empty (version meta.k8s.io/v1)');
  }
  // As Go's path.Clean: a key cannot leave the resource that is listed.
  if (
    start
      .replace(/^\//, '')
      .split('/')
      .some((part) => part === '.' || part === '..')
  ) {
    throw refuse(`continue key is not valid: ${start}`);
  }
  return { revision: rv < 0 ? undefined : rv, start: start.replace(/\0$/, '').replace('/', '\0') };
}

function parse(token: string): { v?: unknown; rv?: unknown; start?: unknown } {
  const text = Buffer.from(token, 'base64url').toString();
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null) return parsed;
  } catch {
    // Answered below, with Go's words for it.
  }
  throw refuse(
    `continue key is not valid: invalid character '${text[0] ?? ' '}' looking for beginning of value`,
  );
}

const refuse = (why: string): StatusError => StatusError.badRequest(`invalid continue token: ${why}`);
