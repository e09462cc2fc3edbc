/** Names and numbers that all processes, their users and their containers agree on. */

export const KUBERNETES_VERSION = 'v1.36.2';

export const CLUSTER_POD_CIDR = '10.244.0.0/16';
export const SERVICE_CIDR = '10.96.0.0/16';
export const KUBERNETES_SERVICE_IP = '10.96.0.1';
export const KUBERNETES_SERVICE_PORT = 443;
export const CLUSTER_DNS_IP = '10.96.0.10';
export const CLUSTER_DOMAIN = 'cluster.local';
export const NODE_PORT_RANGE = { first: 30000, last: 32767 } as const;

/** Inside the control plane's container. The REST API is published on the host as `PODLAB_API_PORT` (default the same). */
export const API_PORT = 6443;
export const GRPC_PORT = 7443;

/** Labels on every Docker object that a cluster makes. */
export const LABEL_CLUSTER = 'io.podlab.cluster';
export const LABEL_NODE = 'io.podlab.node';
/** `controlplane`, `node`, `sandbox` (a Pod's pause container), `container` (a Pod's container) or `publisher`. */
export const LABEL_ROLE = 'io.podlab.role';
/** Kubernetes' own, on the containers of Pods (k8s.io/cri-client `pkg/kuberuntime/labels`). */
export const LABEL_POD_NAME = 'io.kubernetes.pod.name';
export const LABEL_POD_NAMESPACE = 'io.kubernetes.pod.namespace';
export const LABEL_POD_UID = 'io.kubernetes.pod.uid';
export const LABEL_CONTAINER_NAME = 'io.kubernetes.container.name';
/** How often this container of this Pod was started before, as a decimal number. */
export const LABEL_RESTART_COUNT = 'io.kubernetes.container.restartCount';

/** Hash of the container's spec: another one means that it is to be started anew. */
export const LABEL_CONTAINER_HASH = 'io.kubernetes.container.hash';
/** The sandbox whose namespaces this container shares. */
export const LABEL_SANDBOX_ID = 'io.kubernetes.sandbox.id';
/** Seconds, so that what is left of a Pod that nobody knows any more still ends in order. */
export const LABEL_GRACE_PERIOD = 'io.kubernetes.pod.terminationGracePeriod';

/** On Nodes: the node's addresses with prefix length in the cluster's Docker network, one of each family, with commas between: `172.18.0.3/16`. */
export const NODE_CIDR_ANNOTATION = 'podlab.io/node-cidr';

/** On Nodes: the id of the node's Docker network. Nodes of one network route to each other directly. */
export const DOCKER_NETWORK_ANNOTATION = 'podlab.io/docker-network';
/** On Nodes: where nodes of other networks reach its end of the tunnel, if not at its own address: `192.0.2.1:8472`. */
export const TUNNEL_ENDPOINT_ANNOTATION = 'podlab.io/tunnel-endpoint';

/** In a node's network namespace. */
export const BRIDGE = 'cni0';
/** The node's interface in the cluster's Docker network. */
export const UPLINK = 'eth0';
