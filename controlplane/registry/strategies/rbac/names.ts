/** Reasons why a name cannot be a segment of a path, which is all that RBAC asks of names (`apimachinery/pkg/api/validation/path`). */
export function pathSegmentProblems(name: string, prefix = false): string[] {
  if (!prefix && (name === '.' || name === '..')) return [`may not be '${name}'`];
  return ['/', '%'].filter((part) => name.includes(part)).map((part) => `may not contain '${part}'`);
}
