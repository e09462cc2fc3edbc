/**
 * The JSONPath of printer columns, scale paths and selectable fields (k8s.io/client-go `util/jsonpath`): fields, indices, wildcards and filters
 * such as `.status.conditions[?(@.type=="Ready")].status`. Whatever else kubectl's templates know is not taken here.
 */
export type JsonPath = (value: unknown) => unknown[];

type Step = (value: unknown) => unknown[];

const STEP =
  /^(?:\.([A-Za-z_][\w-]*)|\.\*|\[\*\]|\[(-?\d+)\]|\[['"]([^'"\]]+)['"]\]|\.([\w-]*(?:\\.[\w-]*)+)|\[\?\(@((?:\.[\w-]+|\[['"][^'"\]]+['"]\])+)\s*(==|!=)\s*(?:'([^']*)'|"([^"]*)"|(true|false|-?\d+(?:\.\d+)?))\)\])/;
const MAX_LENGTH = 1024;

/** Undefined when the path is not understood. A path begins with a dot, or with a bracket; braces around it are allowed. */
export function parseJsonPath(text: string): JsonPath | undefined {
  let rest = text.replace(/^\{(.*)\}$/s, '$1');
  if (rest.length > MAX_LENGTH) return undefined;
  if (rest === '.') return (value) => [value];
  const steps: Step[] = [];
  while (rest !== '') {
    const match = STEP.exec(rest);
    const step = match === null ? undefined : stepOf(match);
    if (match === null || step === undefined) return undefined;
    steps.push(step);
    rest = rest.slice(match[0].length);
  }
  return (value) => steps.reduce<unknown[]>((found, step) => found.flatMap(step), [value]);
}

function stepOf(match: RegExpExecArray): Step | undefined {
  const [, name, index, quoted, escaped, filterPath, operator, single, double, bare] = match;
  const field = name ?? quoted ?? escaped?.replaceAll(String.raw`\.`, '.');
  if (field !== undefined) return fieldStep(field);
  if (index !== undefined)
    return (value) => (Array.isArray(value) ? value.slice(Number(index)).slice(0, 1) : []);
  if (filterPath === undefined) return allOf;
  const path = parseJsonPath(filterPath);
  const wanted = single ?? double ?? (JSON.parse(bare ?? 'null') as unknown);
  const holds = (item: unknown): boolean =>
    (path?.(item) ?? []).some((found) => (operator === '==' ? found === wanted : found !== wanted));
  return (value) => allOf(value).filter(holds);
}

const fieldStep =
  (field: string): Step =>
  (value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, field)
      ? [(value as { [field: string]: unknown })[field]]
      : [];

function allOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return typeof value === 'object' && value !== null ? Object.values(value) : [];
}

/** The field names of a path that has only fields: `.spec.replicas` → `spec`, `replicas`; undefined for any other. */
export function fieldNames(text: string): string[] | undefined {
  const names = text.split('.');
  const isPlain =
    names.length > 1 && names[0] === '' && names.slice(1).every((name) => /^[\w-]+$/.test(name));
  return isPlain ? names.slice(1) : undefined;
}
