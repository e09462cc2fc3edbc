/**
 * Puts variables into text: `$(NAME)`, with `$$` for a dollar sign; what is not known stays as it is written
 * (Kubernetes `third_party/forked/golang/expansion/expand.go`).
 */
export function expand(text: string, value: (name: string) => string | undefined): string {
  let out = '';
  let at = 0;
  while (at < text.length) {
    const dollar = text.indexOf('$', at);
    if (dollar === -1) break;
    out += text.slice(at, dollar);
    const next = text[dollar + 1];
    if (next === '$') {
      out += '$';
      at = dollar + 2;
      continue;
    }
    const close = next === '(' ? text.indexOf(')', dollar) : -1;
    if (close === -1) {
      out += next === '(' || next === undefined ? text.slice(dollar, dollar + 2) : `$${next}`;
      at = dollar + 2;
      continue;
    }
    const name = text.slice(dollar + 2, close);
    out += value(name) ?? text.slice(dollar, close + 1);
    at = close + 1;
  }
  return out + text.slice(at);
}
