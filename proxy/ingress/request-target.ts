/** What a request asks for. */
export interface RequestTarget {
  /** Without dot segments, so that what is routed is what the backend sees. */
  readonly path: string;
  /** '' or with its question mark. */
  readonly search: string;
  /** Of a target in absolute form, which goes before the Host header (RFC 9112, 3.2.2). */
  readonly authority: string | undefined;
}

/** undefined: it names no resource (`*`, or nothing that makes sense). */
export function parseTarget(url: string): RequestTarget | undefined {
  const absolute = /^https?:\/\/([^/?#]*)(.*)$/is.exec(url);
  const relative = absolute === null ? url : absolute[2]!.startsWith('/') ? absolute[2]! : `/${absolute[2]!}`;
  if (!relative.startsWith('/') || /[\s\\]/.test(relative)) return undefined;
  const [withoutFragment = ''] = relative.split('#', 1);
  const question = withoutFragment.indexOf('?');
  const path = question === -1 ? withoutFragment : withoutFragment.slice(0, question);
  const search = question === -1 ? '' : withoutFragment.slice(question);
  return { path: removeDotSegments(path), search, authority: absolute?.[1] };
}

const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?:\/|$)/i;

/** RFC 3986, 5.2.4, also for dots that are percent-encoded. */
function removeDotSegments(path: string): string {
  if (!DOT_SEGMENT.test(path)) return path;
  const kept: string[] = [];
  const segments = path.slice(1).split('/');
  segments.forEach((segment, index) => {
    const plain = segment.replaceAll(/%2e/gi, '.');
    const isLast = index === segments.length - 1;
    if (plain === '..') kept.pop();
    else if (plain !== '.') return void kept.push(segment);
    if (isLast) kept.push('');
  });
  return `/${kept.join('/')}`;
}
