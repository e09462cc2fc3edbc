/** Field selectors: `metadata.name=web,status.phase!=Failed` (k8s.io/apimachinery `pkg/fields`). */
export interface FieldRequirement {
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}

/** Thrown by `parseFieldSelector`; the message is Kubernetes'. */
export class FieldSelectorError extends Error {}

/** Parses the text of a `fieldSelector` parameter. Throws `FieldSelectorError`. */
export function parseFieldSelector(text: string): FieldRequirement[] {
  return splitTerms(text)
    .filter((term) => term !== '')
    .map((term) => parseTerm(term, text));
}

/** Splits at commas that no backslash escapes. */
function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === ',') {
      terms.push(text.slice(start, i));
      start = i + 1;
    }
  }
  terms.push(text.slice(start));
  return terms;
}

function parseTerm(term: string, whole: string): FieldRequirement {
  const match = /^((?:\\.|[^\\=!]|!(?!=))*)(!=|==|=)(.*)$/s.exec(term);
  if (match === null) {
    throw new FieldSelectorError(`invalid selector: '${whole}'; can't understand '${term}'`);
  }
  return {
    field: match[1]!,
    operator: match[2] === '!=' ? '!=' : '=',
    value: unescape(match[3]!),
  };
}

function unescape(value: string): string {
  if (/(^|[^\\])(\\\\)*\\($|[^\\,=])/.test(value)) {
    throw new FieldSelectorError(`invalid field selector: invalid escape sequence in value: ${value}`);
  }
  const unescaped = value.replaceAll(/\\([\\,=])/g, '$1');
  if (/(^|[^\\])(\\\\)*[,=]/.test(value)) {
    throw new FieldSelectorError(`invalid field selector: unescaped character in value: ${value}`);
  }
  return unescaped;
}
