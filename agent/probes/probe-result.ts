export interface ProbeResult {
  readonly ok: boolean;
  /** Why not, as the kubelet says it. */
  readonly output: string;
  /** The probe could not be made at all, which tells nothing of the container. */
  readonly unknown?: true;
}
