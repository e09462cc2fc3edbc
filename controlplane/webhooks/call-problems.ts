/** Go's words for why a connection or its TLS failed (net, crypto/tls), which is what users of Kubernetes know and search for. */
export function callProblem(error: unknown, timedOut: boolean): string {
  if (timedOut) return 'context deadline exceeded';
  const {
    code = '',
    address,
    port,
    hostname,
    message,
  } = error as NodeJS.ErrnoException & {
    address?: string;
    port?: number;
    hostname?: string;
  };
  const dial = `dial tcp ${address ?? ''}:${port ?? ''}: connect`;
  switch (code) {
    case 'ECONNREFUSED':
      return `${dial}: connection refused`;
    case 'EHOSTUNREACH':
      return `${dial}: no route to host`;
    case 'ENETUNREACH':
      return `${dial}: network is unreachable`;
    case 'ECONNRESET':
      return 'EOF';
    case 'ENOTFOUND':
      return `dial tcp: lookup ${hostname ?? ''}: no such host`;
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `tls: failed to verify certificate: x509: ${message}`;
    default:
      return UNTRUSTED[code] === undefined
        ? message
        : `tls: failed to verify certificate: x509: ${UNTRUSTED[code]}`;
  }
}

const UNKNOWN_AUTHORITY = 'certificate signed by unknown authority';
const EXPIRED = 'certificate has expired or is not yet valid';

const UNTRUSTED: { readonly [code: string]: string } = {
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_AUTHORITY,
  CERT_SIGNATURE_FAILURE: UNKNOWN_AUTHORITY,
  CERT_HAS_EXPIRED: EXPIRED,
  CERT_NOT_YET_VALID: EXPIRED,
};

/** How much of an answer's text is shown. */
const SHOWN_CHARACTERS = 1024;

/** What client-go says of an answer with an error code: the message of its Status, or `errors.NewGenericServerResponse`'s words. */
export const responseProblem = (code: number, body: string): string =>
  statusMessage(body) ?? GENERIC[code] ?? unknownAnswer(code, body);

function statusMessage(body: string): string | undefined {
  try {
    const { kind, message } = (JSON.parse(body) ?? {}) as { kind?: unknown; message?: unknown };
    return kind === 'Status' && typeof message === 'string' ? message.slice(0, SHOWN_CHARACTERS) : undefined;
  } catch {
    return undefined;
  }
}

const GENERIC: { readonly [code: number]: string } = {
  400: 'the server rejected our request for an unknown reason',
  401: 'the server has asked for the client to provide credentials',
  403: 'forbidden',
  404: 'the server could not find the requested resource',
  405: 'the server does not allow this method on the requested resource',
  406: 'the server was unable to respond with a content type that the client supports',
  409: 'the server reported a conflict',
  410: 'the server has indicated that the resource no longer exists',
  413: 'Request entity too large',
  415: 'the body of the request was in an unknown format',
  422: 'the server rejected our request due to an error in our request',
  429: 'the server has received too many requests and has asked us to try again later',
  503: 'the server is currently unable to handle the request',
  504: 'the server was unable to return a response in the time allotted, but may still be processing the request',
};

const unknownAnswer = (code: number, body: string): string =>
  code >= 500
    ? `an error on the server (${JSON.stringify(body.trim().slice(0, SHOWN_CHARACTERS) || 'unknown')}) has prevented the request from succeeding`
    : `the server responded with the status code ${code} but did not return more information`;
