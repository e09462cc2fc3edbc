/** Counters of the API server in Prometheus' text form, under Kubernetes' names. */
export class Metrics {
  readonly #requests = new Map<string, number>();
  #watchers = 0;

  countRequest(verb: string, resource: string, code: number): void {
    const labels = `verb="${verb}",resource="${resource}",code="${code}"`;
    this.#requests.set(labels, (this.#requests.get(labels) ?? 0) + 1);
  }

  /** Counts a watch until the returned function is called. */
  countWatcher(): () => void {
    this.#watchers += 1;
    return () => {
      this.#watchers -= 1;
    };
  }

  render(): string {
    const memory = process.memoryUsage.rss();
    const { user, system } = process.cpuUsage();
    return [
      '# HELP apiserver_request_total Counter of API requests by verb, resource and HTTP response code.',
      '# TYPE apiserver_request_total counter',
      ...[...this.#requests].map(([labels, count]) => `apiserver_request_total{${labels}} ${count}`),
      '# HELP apiserver_longrunning_requests Open watches.',
      '# TYPE apiserver_longrunning_requests gauge',
      `apiserver_longrunning_requests{verb="WATCH"} ${this.#watchers}`,
      '# HELP process_resident_memory_bytes Resident memory size in bytes.',
      '# TYPE process_resident_memory_bytes gauge',
      `process_resident_memory_bytes ${memory}`,
      '# HELP process_cpu_seconds_total Total user and system CPU time spent in seconds.',
      '# TYPE process_cpu_seconds_total counter',
      `process_cpu_seconds_total ${(user + system) / 1e6}`,
      '',
    ].join('\n');
  }
}
