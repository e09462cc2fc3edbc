/** The error of the parser's library, which its declarations have only in part. */
interface LocatedError extends Error {
  readonly code: string;
  readonly summary: string;
  readonly range?: { readonly start: number; readonly end: number } | undefined;
}

const isLocated = (error: unknown): error is LocatedError => error instanceof Error && 'summary' in error;

/** Words an error in an expression as cel-go does, with the line and a mark under the place. */
export function compileMessage(source: string, error: unknown): string {
  if (!isLocated(error))
    return `ERROR: <input>:1:1: ${error instanceof Error ? error.message : String(error)}`;
  const start = Math.min(error.range?.start ?? 0, source.length);
  const lines = source.slice(0, start).split('\n');
  const column = lines.at(-1)?.length ?? 0;
  const line = source.split('\n')[lines.length - 1] ?? '';
  const mark = `${'.'.repeat(column)}^`;
  return `ERROR: <input>:${lines.length}:${column + 1}: ${reworded(error)}\n | ${line}\n | ${mark}`;
}

const UNKNOWN_VARIABLE_RE = /^Unknown variable: (.*)$/;
const UNKNOWN_FIELD_RE = /^No such key: (.*)$/;
const OPERATOR_RE = /^no such overload: (\S+) (\S+) (.+)$/;
const CALL_RE = /^found no matching overload for '(.*?)([^.(]+)\((.*)\)'$/s;

function reworded({ code, summary, name }: LocatedError): string {
  const variable = UNKNOWN_VARIABLE_RE.exec(summary)?.[1];
  if (variable !== undefined) return `undeclared reference to '${variable}' (in container '')`;
  const field = UNKNOWN_FIELD_RE.exec(summary)?.[1];
  if (field !== undefined) return `undefined field '${field}'`;
  const [, left, operator, right] = OPERATOR_RE.exec(summary) ?? [];
  if (left !== undefined)
    return `found no matching overload for '_${operator}_' applied to '(${left}, ${right})'`;
  const [, receiver = '', called, args] = CALL_RE.exec(summary) ?? [];
  if (called !== undefined)
    return receiver === ''
      ? `found no matching overload for '${called}' applied to '(${args})'`
      : `found no matching overload for '${called}' applied to '${receiver.slice(0, -1)}.(${args})'`;
  if (code === 'unexpected_token' || name === 'ParseError') return `Syntax error: ${summary}`;
  return summary;
}
