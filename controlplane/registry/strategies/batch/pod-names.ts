/** Of a Job's or CronJob's name that its Pods cannot have as their host's. */
export function podNameWarnings(name: string, problemsOf: (name: string) => readonly string[]): string[] {
  const problems = problemsOf(name);
  return problems.length === 0
    ? []
    : [
        `metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [${problems.join(' ')}]`,
      ];
}
