import { RE2JS } from 're2js';
import type { CostBudget } from '../budget.ts';
import { CelRuntimeError } from '../errors.ts';
import { overload } from '../overload.ts';
import { CelList } from '../values.ts';

const MAX_CACHED = 500;
const cache = new Map<string, RE2JS>();

/** Compiles a pattern of RE2, whose matching takes time in proportion to the text. Throws a CelRuntimeError. */
function compiled(pattern: string): RE2JS {
  const known = cache.get(pattern);
  if (known !== undefined) return known;
  const regex = compile(pattern);
  if (cache.size >= MAX_CACHED) cache.clear();
  cache.set(pattern, regex);
  return regex;
}

const MAX_PATTERN = 10_000;

function compile(pattern: string): RE2JS {
  if (pattern.length > MAX_PATTERN)
    throw new CelRuntimeError(`error parsing regexp: expression is longer than ${MAX_PATTERN} characters`);
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    throw new CelRuntimeError(error instanceof Error ? error.message : String(error));
  }
}

/** Pays for a search: what each character costs grows with the size of the compiled pattern. */
function matcherOf(text: string, pattern: string, budget: CostBudget) {
  budget.spend(cache.has(pattern) ? 1 : 200 + pattern.length * 10);
  const regex = compiled(pattern);
  budget.spend((text.length * regex.programSize()) / 10);
  return regex.matcher(text);
}

function find([text, pattern]: readonly [string, string], budget: CostBudget): string {
  const matcher = matcherOf(text, pattern, budget);
  return matcher.find() ? (matcher.group() ?? '') : '';
}

function findAll(
  [text, pattern, limit = -1n]: readonly [string, string, bigint?],
  budget: CostBudget,
): CelList {
  const found = new CelList();
  const matcher = matcherOf(text, pattern, budget);
  const most = limit < 0n ? Infinity : Number(limit);
  while (found.length < most) {
    // An unsuccessful attempt may look at the rest of the text before it settles for a short match.
    budget.spend(1 + (text.length - (found.length === 0 ? text.length : matcher.end())) / 10);
    if (!matcher.find()) break;
    found.push(matcher.group() ?? '');
  }
  return found;
}

export const STANDARD_REGEX = [
  overload('string.matches(string): bool', ([text, pattern]: [string, string], budget) =>
    matcherOf(text, pattern, budget).find(),
  ),
];

/** apiserver `pkg/cel/library/regex.go`. */
export const REGEX = [
  overload('matches(string, string): bool', ([text, pattern]: [string, string], budget) =>
    matcherOf(text, pattern, budget).find(),
  ),
  overload('string.find(string): string', find),
  overload('string.findAll(string): list<string>', findAll),
  overload('string.findAll(string, int): list<string>', findAll),
];
