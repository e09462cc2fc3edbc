/** In the order in which Kubernetes names them. */
export const PROTOCOLS: readonly string[] = ['SCTP', 'TCP', 'UDP'];
