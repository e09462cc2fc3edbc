import { isObject, itemElement, itemProblem, shownElement, type PlainObject } from './elements.ts';
import type { ListShape, ScalarType, Shape, Struct } from './shape.ts';

/** What is wrong with an applied configuration, in structured-merge-diff's words (`typed/validate.go`); undefined: nothing. */
export function shapeProblem(value: unknown, shape: Shape): string | undefined {
  const problems: string[] = [];
  check(value, shape, '', problems);
  if (problems.length <= 1) return problems[0];
  return ['errors:', ...problems.map((problem) => `  ${problem}`)].join('\n');
}

const at = (path: string, problem: string): string => (path === '' ? problem : `${path}: ${problem}`);

function check(value: unknown, shape: Shape, path: string, problems: string[]): void {
  if (value === null || value === undefined) return;
  switch (shape.kind) {
    case 'any':
      return;
    case 'scalar': {
      const problem = scalarProblem(value, shape.of);
      if (problem !== undefined) problems.push(at(path, problem));
      return;
    }
    case 'atomic':
      return check(value, shape.within, path, problems);
    case 'struct':
    case 'map':
      if (isObject(value)) checkFields(value, shape, path, problems);
      else problems.push(at(path, `expected map, got &{${goText(value)}}`));
      return;
    case 'items':
    case 'set':
    case 'keyed':
      if (!Array.isArray(value)) problems.push(at(path, `expected list, got &{${goText(value)}}`));
      else if (shape.kind === 'items') checkEach(value, shape.of, path, problems);
      else checkItems(value, shape, path, problems);
  }
}

function checkFields(
  value: PlainObject,
  shape: Struct | (Shape & { kind: 'map' }),
  path: string,
  problems: string[],
): void {
  for (const name of Object.keys(value).toSorted()) {
    const of = shape.kind === 'map' ? shape.of : (shape.field(name)?.shape ?? shape.others);
    if (of === undefined) {
      problems.push(at(`${path}.${name}`, 'field not declared in schema'));
      return;
    }
    check(value[name], of, `${path}.${name}`, problems);
  }
}

function checkEach(list: readonly unknown[], of: Shape, path: string, problems: string[]): void {
  for (const [index, item] of list.entries()) check(item, of, `${path}[${index}]`, problems);
}

function checkItems(list: readonly unknown[], shape: ListShape, path: string, problems: string[]): void {
  const seen = new Set<string>();
  for (const [index, item] of list.entries()) {
    const element = itemElement(item, shape);
    if (element === undefined) {
      problems.push(at(path, `element ${index}: ${itemProblem(item, shape)}`));
      return;
    }
    const shown = shownElement(element);
    if (seen.has(element)) problems.push(at(path, `duplicate entries for key ${shown}`));
    seen.add(element);
    check(item, shape.of, path + shown, problems);
  }
}

function scalarProblem(value: unknown, of: ScalarType): string | undefined {
  switch (of) {
    case 'string':
      if (typeof value === 'string') return undefined;
      return `expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`;
    case 'numeric':
      return typeof value === 'number' ? undefined : `expected numeric (int or float), got ${goType(value)}`;
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `expected boolean, got &{${goText(value)}}`;
    case 'untyped':
      return typeof value === 'object' ? `expected any scalar, got &{${goText(value)}}` : undefined;
  }
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'boolean') return 'bool';
  return isObject(value) ? 'map[string]interface {}' : typeof value;
}

/** As Go prints a decoded JSON value with `%v`. */
function goText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (isObject(value)) {
    const fields = Object.keys(value).toSorted();
    return `map[${fields.map((name) => `${name}:${goText(value[name])}`).join(' ')}]`;
  }
  return typeof value === 'string' ? value : value === null ? '<nil>' : JSON.stringify(value);
}

/** The same with `%#v`. */
function goSyntax(value: unknown): string {
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`;
  if (isObject(value)) {
    const fields = Object.keys(value).toSorted();
    const shown = fields.map((name) => `${JSON.stringify(name)}:${goSyntax(value[name])}`);
    return `map[string]interface {}{${shown.join(', ')}}`;
  }
  return value === null ? 'interface {}(nil)' : JSON.stringify(value);
}
