import type { PolicyPod } from '#api/network-policy.ts';

/**
 * The cluster's DNS as policies see it. It answers in every node, on its Service's address, where what a Pod sends to its own node is always
 * allowed; but a policy that forgets DNS has to show, and one that allows it has to work: so it is judged as the Pods that Kubernetes'
 * own clusters have for it.
 */
export const clusterDnsPod = (ips: readonly string[]): PolicyPod => ({
  kind: 'Pod',
  namespace: 'kube-system',
  name: 'cluster DNS',
  uid: '',
  nodeName: '',
  labels: { 'k8s-app': 'kube-dns' },
  ips,
  ports: [
    { name: 'dns', protocol: 'UDP', port: 53 },
    { name: 'dns-tcp', protocol: 'TCP', port: 53 },
  ],
});
