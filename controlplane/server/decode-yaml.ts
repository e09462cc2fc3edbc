import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, YAMLParseError } from 'yaml';
import type { Document, Node } from 'yaml';
import { JsonSyntaxError, MAX_DEPTH } from './json-scan.ts';

export interface DecodedYaml {
  readonly value: unknown;
  /** Keys that a mapping has more than once; the last one counts. */
  readonly duplicates: readonly DuplicateKey[];
}

interface DuplicateKey {
  /** As `spec.containers[0].name`. */
  readonly path: string;
  readonly key: string;
  readonly line: number;
}

/** Finding what an alias stands for takes a look at all anchors and aliases before it. */
const MAX_ALIASES = 1000;

/** YAML 1.1 without timestamps, as sigs.k8s.io/yaml reads it. Throws `JsonSyntaxError` in go-yaml's words. */
export function decodeYaml(text: string): DecodedYaml {
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, {
      version: '1.1',
      logLevel: 'error',
      lineCounter: lines,
      // The parser compares each key with all before it; `Walk` finds duplicates in one pass.
      uniqueKeys: false,
      customTags: (tags) =>
        tags.filter((tag) => typeof tag === 'string' || tag.tag !== 'tag:yaml.org,2002:timestamp'),
    });
    const [error] = document.errors;
    if (error !== undefined) throw error;
    const walk = new Walk(lines);
    walk.document(document);
    return { value: (document.toJS() as unknown) ?? null, duplicates: walk.duplicates };
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw error;
    const line = error instanceof YAMLParseError ? (error.linePos?.[0].line ?? 1) : 1;
    throw new JsonSyntaxError(`yaml: line ${line}: ${wordsOf(error)}`);
  }
}

class Walk {
  readonly duplicates: DuplicateKey[] = [];
  readonly #lines: LineCounter;
  #aliases = 0;

  constructor(lines: LineCounter) {
    this.#lines = lines;
  }

  document({ contents }: Document): void {
    this.#node(contents, '', 0);
  }

  #node(node: unknown, path: string, depth: number): void {
    if (depth > MAX_DEPTH) throw new JsonSyntaxError(`yaml: exceeded max depth of ${MAX_DEPTH}`);
    if (isAlias(node)) {
      this.#aliases += 1;
      if (this.#aliases > MAX_ALIASES) {
        throw new JsonSyntaxError('yaml: document contains excessive aliasing');
      }
    } else if (isSeq(node)) {
      for (const [index, item] of node.items.entries()) this.#node(item, `${path}[${index}]`, depth + 1);
    } else if (isMap(node)) {
      const seen = new Set<string>();
      for (const { key, value } of node.items) {
        const name = isScalar(key) ? String(key.value) : '';
        const field = path === '' ? name : `${path}.${name}`;
        if (!isScalar(key)) this.#node(key, field, depth + 1);
        // A merge may stand more than once.
        else if (seen.has(name) && name !== '<<') this.#duplicate(key, field, name);
        seen.add(name);
        this.#node(value, field, depth + 1);
      }
    }
  }

  #duplicate(node: Node, path: string, key: string): void {
    const { line } = this.#lines.linePos(node.range?.[0] ?? 0);
    this.duplicates.push({ path, key, line });
  }
}

/** What go-yaml says of the mistakes that people make most. */
const GO_YAML_WORDS: Readonly<Partial<Record<YAMLParseError['code'], string>>> = {
  BLOCK_AS_IMPLICIT_KEY: 'mapping values are not allowed in this context',
  TAB_AS_INDENT: 'found character that cannot start any token',
};

function wordsOf(error: unknown): string {
  // The parser says so in an error of its own.
  if (error instanceof Error && error.message.startsWith('Maximum call stack')) {
    return `exceeded max depth of ${MAX_DEPTH}`;
  }
  if (error instanceof ReferenceError) return 'document contains excessive aliasing';
  if (error instanceof YAMLParseError) {
    const words = GO_YAML_WORDS[error.code];
    if (words !== undefined) return words;
  }
  return error instanceof Error ? error.message.split('\n')[0]!.replace(/ at line .*$/, '') : 'invalid';
}
