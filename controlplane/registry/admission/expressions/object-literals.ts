/**
 * Makes maps of the object literals of mutating policies: `Object.spec{replicas: 3, ?paused: x}` becomes `dyn({"replicas": 3, "?paused": x})`, and
 * `JSONPatch{…}` the same. CEL has them as messages, of types that Kubernetes makes up (apiserver `pkg/cel/mutation/typeresolver.go`).
 */
export function mapsForObjects(source: string): string {
  const frames: Frame[] = [];
  let made = '';
  let isKey = false;
  for (const [token] of source.matchAll(TOKEN_RE)) {
    const frame = frames.at(-1);
    if (LITERAL_RE.test(token)) {
      frames.push({ isObject: true, optional: '' });
      made += 'dyn({';
      isKey = true;
    } else if (isKey && frame?.isObject === true && token === '?') {
      frame.optional = '?';
    } else if (isKey && frame?.isObject === true && IDENTIFIER_RE.test(token)) {
      made += JSON.stringify(frame.optional + token);
      frame.optional = '';
      isKey = false;
    } else {
      if ('{(['.includes(token)) frames.push({ isObject: false, optional: '' });
      const closed = '})]'.includes(token) ? frames.pop() : undefined;
      made += closed?.isObject === true ? '})' : token;
      if (!isBlank(token)) isKey = token === ',' && frames.at(-1)?.isObject === true;
    }
  }
  return made;
}

interface Frame {
  /** An object literal, whose keys are identifiers. */
  readonly isObject: boolean;
  /** `?` when the key that comes next is optional. */
  optional: '' | '?';
}

const STRING = String.raw`[rRbB]{0,2}(?:"""[^]*?"""|'''[^]*?'''|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')`;
const LITERAL = String.raw`\b(?:Object(?:\s*\.\s*[A-Za-z_]\w*)*|JSONPatch)\s*\{`;
const SELECTION = String.raw`\.\s*[A-Za-z_]\w*`;
const TOKEN_RE = new RegExp(String.raw`${STRING}|//[^\n]*|\s+|${SELECTION}|${LITERAL}|[A-Za-z_]\w*|[^]`, 'g');
const LITERAL_RE = new RegExp(`^${LITERAL}$`);
const IDENTIFIER_RE = /^[A-Za-z_]\w*$/;

const isBlank = (token: string): boolean => /^(?:\s+|\/\/.*)$/.test(token);
