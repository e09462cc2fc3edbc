export interface ProbeResult {
  readonly ok: boolean;
  /** Why not, as the kubelet says it. */
  readonly output: string;
}
