import type { LabelSelector } from './gen/types.ts';
import { labelValueProblems, qualifiedNameProblems } from './validation.ts';

/** Label selectors, as text (`app=web,tier in (a,b)`) and as objects (k8s.io/apimachinery `pkg/labels`). */
export interface Requirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt';
  readonly values: readonly string[];
}

export type Labels = { readonly [key: string]: string };
export type LabelMatcher = (labels: Labels | undefined) => boolean;

/** Thrown by `parseLabelSelector`; the message is Kubernetes'. */
export class LabelSelectorError extends Error {}

const NO_LABELS: Labels = {};

/** All requirements must hold; none at all selects everything. */
export function matchesRequirements(
  requirements: readonly Requirement[],
  labels: Labels | undefined,
): boolean {
  const given = labels ?? NO_LABELS;
  return requirements.every((requirement) => matchesRequirement(requirement, given));
}

function matchesRequirement({ key, operator, values }: Requirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return isInteger(value) && BigInt(value) > BigInt(values[0]!);
    case 'Lt':
      return isInteger(value) && BigInt(value) < BigInt(values[0]!);
  }
}

const isInteger = (value: string | undefined): value is string =>
  value !== undefined && /^-?\d{1,19}$/.test(value);

/** The requirements of a LabelSelector object; the caller has validated it. */
export const selectorRequirements = (selector: LabelSelector): Requirement[] => [
  ...Object.entries(selector.matchLabels ?? {}).map(([key, value]): Requirement => ({
    key,
    operator: 'In',
    values: [value],
  })),
  ...(selector.matchExpressions ?? []).map(({ key, operator, values }): Requirement => ({
    key,
    operator: operator as Requirement['operator'],
    values: values ?? [],
  })),
];

/**
 * A matcher for a LabelSelector object as workloads and lists have it: undefined selects nothing, an empty one everything
 * (metav1.LabelSelectorAsSelector).
 */
export function labelSelectorMatcher(selector: LabelSelector | undefined): LabelMatcher {
  if (selector === undefined) return () => false;
  const requirements = selectorRequirements(selector);
  return (labels) => matchesRequirements(requirements, labels);
}

/** A matcher for the plain map that Services have: undefined or empty selects nothing. */
export function mapSelectorMatcher(selector: Labels | undefined): LabelMatcher {
  const wanted = Object.entries(selector ?? {});
  if (wanted.length === 0) return () => false;
  return (labels) => labels !== undefined && wanted.every(([key, value]) => labels[key] === value);
}

type Token = 'end' | 'identifier' | 'in' | 'notin' | '!' | '=' | '==' | '!=' | '>' | '<' | '(' | ')' | ',';
interface Lexeme {
  readonly token: Token;
  readonly text: string;
}

const SYMBOLS: readonly Token[] = ['==', '!=', '=', '!', '(', ')', ',', '>', '<'];
const isSpecial = (char: string): boolean => '=!(),><'.includes(char);
const isSpace = (char: string): boolean => ' \t\r\n'.includes(char);

function lex(text: string): Lexeme[] {
  const lexemes: Lexeme[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text[at]!;
    if (isSpace(char)) {
      at++;
      continue;
    }
    const symbol = SYMBOLS.find((one) => text.startsWith(one, at));
    if (symbol !== undefined) {
      lexemes.push({ token: symbol, text: symbol });
      at += symbol.length;
      continue;
    }
    let end = at + 1;
    while (end < text.length && !isSpace(text[end]!) && !isSpecial(text[end]!)) end++;
    const word = text.slice(at, end);
    lexemes.push({ token: word === 'in' || word === 'notin' ? word : 'identifier', text: word });
    at = end;
  }
  return lexemes;
}

/** Parses the text of a `labelSelector` parameter. Throws `LabelSelectorError`. */
export function parseLabelSelector(text: string): Requirement[] {
  const requirements = new Parser(lex(text)).parse();
  return requirements.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

const END: Lexeme = { token: 'end', text: '' };

/** Follows the parser of `labels.Parse` step by step, because its error messages tell where it stood. */
class Parser {
  readonly #lexemes: readonly Lexeme[];
  #at = 0;

  constructor(lexemes: readonly Lexeme[]) {
    this.#lexemes = lexemes;
  }

  parse(): Requirement[] {
    const requirements: Requirement[] = [];
    for (;;) {
      const next = this.#peek();
      if (next.token === 'end') return requirements;
      if (next.token !== 'identifier' && next.token !== '!') {
        throw new LabelSelectorError(`found '${next.text}', expected: !, identifier, or 'end of string'`);
      }
      requirements.push(this.#requirement());
      const after = this.#take();
      if (after.token === 'end') return requirements;
      if (after.token !== ',') {
        throw new LabelSelectorError(`found '${after.text}', expected: ',' or 'end of string'`);
      }
      const following = this.#peek();
      if (following.token !== 'identifier' && following.token !== '!') {
        throw new LabelSelectorError(`found '${following.text}', expected: identifier after ','`);
      }
    }
  }

  /** Keywords count as identifiers wherever a value may stand. */
  #peek(): Lexeme {
    const lexeme = this.#lexemes[this.#at] ?? END;
    return lexeme.token === 'in' || lexeme.token === 'notin' ? { ...lexeme, token: 'identifier' } : lexeme;
  }

  #take(): Lexeme {
    const lexeme = this.#peek();
    this.#at++;
    return lexeme;
  }

  #requirement(): Requirement {
    let first = this.#take();
    const negated = first.token === '!';
    if (negated) first = this.#take();
    if (first.token !== 'identifier') fail(`found '${first.text}', expected: identifier`);
    checkKey(first.text);
    const { token } = this.#peek();
    if (negated) return { key: first.text, operator: 'DoesNotExist', values: [] };
    if (token === 'end' || token === ',') return { key: first.text, operator: 'Exists', values: [] };
    return this.#withOperator(first.text);
  }

  #withOperator(key: string): Requirement {
    const operator = this.#lexemes[this.#at++] ?? END;
    switch (operator.token) {
      case 'in':
      case 'notin':
        return checked(key, operator.token === 'in' ? 'In' : 'NotIn', this.#valueSet());
      case '=':
      case '==':
        return checked(key, 'In', [this.#exactValue()]);
      case '!=':
        return checked(key, 'NotIn', [this.#exactValue()]);
      case '>':
      case '<':
        return checkedNumber(key, operator.token === '>' ? 'Gt' : 'Lt', this.#exactValue());
      default:
        return fail(`found '${operator.text}', expected: in, notin, =, ==, !=, gt, lt`);
    }
  }

  #exactValue(): string {
    const next = this.#peek();
    if (next.token === 'end' || next.token === ',') return '';
    this.#at++;
    return next.token === 'identifier' ? next.text : fail(`found '${next.text}', expected: identifier`);
  }

  #valueSet(): string[] {
    const open = this.#take();
    if (open.token !== '(') fail(`found '${open.text}' expected: '('`);
    const next = this.#peek();
    if (next.token === ')') {
      this.#at++;
      return [''];
    }
    if (next.token !== 'identifier' && next.token !== ',') {
      fail(`found '${next.text}', expected: ',', ')' or identifier`);
    }
    const values = this.#identifiers();
    this.#at++;
    return values;
  }

  /** Up to, not including, the closing parenthesis. Between two commas stands an empty value. */
  #identifiers(): string[] {
    const values = new Set<string>();
    for (;;) {
      const lexeme = this.#take();
      const next = this.#peek();
      if (lexeme.token === 'identifier') {
        values.add(lexeme.text);
        if (next.token === ')') return [...values].sort();
        if (next.token !== ',') fail(`found '${next.text}', expected: ',' or ')'`);
      } else if (lexeme.token === ',') {
        if (values.size === 0) values.add('');
        if (next.token === ')') return [...values.add('')].sort();
        if (next.token === ',') {
          this.#at++;
          values.add('');
        }
      } else fail(`found '${lexeme.text}', expected: ',', or identifier`);
    }
  }
}

function fail(message: string): never {
  throw new LabelSelectorError(`unable to parse requirement: ${message}`);
}

function checkKey(key: string): void {
  const problems = qualifiedNameProblems(key);
  if (problems.length > 0) fail(`<nil>: Invalid value: ${JSON.stringify(key)}: ${problems.join('; ')}`);
}

function checked(key: string, operator: Requirement['operator'], values: string[]): Requirement {
  const wrong = values.flatMap((value, index) =>
    labelValueProblems(value).map(
      (problem) => `values[${index}][${key}]: Invalid value: ${JSON.stringify(value)}: ${problem}`,
    ),
  );
  if (wrong.length > 0) fail(wrong.length === 1 ? wrong[0]! : `[${wrong.join(', ')}]`);
  return { key, operator, values };
}

function checkedNumber(key: string, operator: 'Gt' | 'Lt', value: string): Requirement {
  if (!isInteger(value)) {
    fail(
      `values[0]: Invalid value: ${JSON.stringify(value)}: for 'Gt', 'Lt' operators, the value must be an integer`,
    );
  }
  return { key, operator, values: [value] };
}
