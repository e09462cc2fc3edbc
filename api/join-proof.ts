import { createHmac, X509Certificate } from 'node:crypto';

/**
 * How each side of `Bootstrap.Join` shows the other that it knows the join token, without sending it. The proof is bound to the CA that the
 * agent saw: whoever stands between them with another CA can neither use the agent's proof nor make the control plane's.
 */
export function joinProof(
  token: string,
  side: 'agent' | 'control plane',
  about: { readonly caPem: string; readonly nodeName: string; readonly csrPem: string },
): Buffer {
  const parts = [
    'podlab join v1',
    side,
    new X509Certificate(about.caPem).fingerprint256,
    about.nodeName,
    about.csrPem,
  ];
  return createHmac('sha256', token).update(JSON.stringify(parts)).digest();
}
