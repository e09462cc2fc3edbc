/** Descriptions by type and field; the type's own stands under `''`. */
export type Docs = Readonly<Record<string, Readonly<Record<string, string>> | undefined>>;

const CONVENTIONS = 'https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md';
const METADATA = `Standard object's metadata. More info: ${CONVENTIONS}#metadata`;
const LIST_METADATA = `Standard list metadata. More info: ${CONVENTIONS}#types-kinds`;
const SPEC_AND_STATUS = `More info: ${CONVENTIONS}#spec-and-status`;
const PROBES = 'More info: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle#container-probes';

/** Descriptions of fields that hold another type, which the generated documentation has lost. */
const FIELD_DOCS: Docs = {
  Container: {
    lifecycle:
      'Actions that the management system should take in response to container lifecycle events. Cannot be updated.',
    livenessProbe: `Periodic probe of container liveness. Container will be restarted if the probe fails. Cannot be updated. ${PROBES}`,
    readinessProbe: `Periodic probe of container service readiness. Container will be removed from service endpoints if the probe fails. Cannot be updated. ${PROBES}`,
    resources:
      'Compute Resources required by this container. Cannot be updated. More info: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/',
    securityContext:
      'SecurityContext defines the security options the container should be run with. If set, the fields of SecurityContext override the equivalent fields of PodSecurityContext. More info: https://kubernetes.io/docs/tasks/configure-pod-container/security-context/',
    startupProbe: `StartupProbe indicates that the Pod has successfully initialized. If specified, no other probes are executed until this completes successfully. ${PROBES}`,
  },
  Deployment: {
    spec: 'Specification of the desired behavior of the Deployment.',
    status: 'Most recently observed status of the Deployment.',
  },
  DeploymentSpec: {
    selector:
      "Label selector for pods. Existing ReplicaSets whose pods are selected by this will be the ones affected by this deployment. It must match the pod template's labels.",
    strategy: 'The deployment strategy to use to replace existing pods with new ones.',
    template:
      'Template describes the pods that will be created. The only allowed template.spec.restartPolicy value is "Always".',
  },
  DeploymentStrategy: {
    rollingUpdate: 'Rolling update config params. Present only if DeploymentStrategyType = RollingUpdate.',
  },
  HTTPGetAction: {
    port: 'Name or number of the port to access on the container. Number must be in the range 1 to 65535. Name must be an IANA_SVC_NAME.',
  },
  Namespace: {
    spec: `Spec defines the behavior of the Namespace. ${SPEC_AND_STATUS}`,
    status: `Status describes the current status of a Namespace. ${SPEC_AND_STATUS}`,
  },
  Node: {
    spec: `Spec defines the behavior of a node. ${SPEC_AND_STATUS}`,
    status: `Most recently observed status of the node. Populated by the system. Read-only. ${SPEC_AND_STATUS}`,
  },
  Pod: {
    spec: `Specification of the desired behavior of the pod. ${SPEC_AND_STATUS}`,
    status: `Most recently observed status of the pod. This data may not be up to date. Populated by the system. Read-only. ${SPEC_AND_STATUS}`,
  },
  PodSpec: {
    affinity: "If specified, the pod's scheduling constraints",
    dnsConfig:
      'Specifies the DNS parameters of a pod. Parameters specified here will be merged to the generated DNS configuration based on DNSPolicy.',
    securityContext:
      'SecurityContext holds pod-level security attributes and common container settings. Optional: Defaults to empty.  See type description for default values of each field.',
  },
  PodTemplateSpec: { spec: `Specification of the desired behavior of the pod. ${SPEC_AND_STATUS}` },
  ReplicaSet: {
    spec: `Spec defines the specification of the desired behavior of the ReplicaSet. ${SPEC_AND_STATUS}`,
    status: `Status is the most recently observed status of the ReplicaSet. This data may be out of date by some window of time. Populated by the system. Read-only. ${SPEC_AND_STATUS}`,
  },
  ReplicaSetSpec: {
    selector:
      "Selector is a label query over pods that should match the replica count. Label keys and values that must match in order to be controlled by this replica set. It must match the pod template's labels. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors",
    template:
      'Template is the object that describes the pod that will be created if insufficient replicas are detected. More info: https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#pod-template',
  },
  RollingUpdateDeployment: {
    maxSurge:
      'The maximum number of pods that can be scheduled above the desired number of pods. Value can be an absolute number (ex: 5) or a percentage of desired pods (ex: 10%). This can not be 0 if MaxUnavailable is 0. Absolute number is calculated from percentage by rounding up. Defaults to 25%. Example: when this is set to 30%, the new ReplicaSet can be scaled up immediately when the rolling update starts, such that the total number of old and new pods do not exceed 130% of desired pods. Once old pods have been killed, new ReplicaSet can be scaled up further, ensuring that total number of pods running at any time during the update is at most 130% of desired pods.',
    maxUnavailable:
      'The maximum number of pods that can be unavailable during the update. Value can be an absolute number (ex: 5) or a percentage of desired pods (ex: 10%). Absolute number is calculated from percentage by rounding down. This can not be 0 if MaxSurge is 0. Defaults to 25%. Example: when this is set to 30%, the old ReplicaSet can be scaled down to 70% of desired pods immediately when the rolling update starts. Once new pods are ready, old ReplicaSet can be scaled down further, followed by scaling up the new ReplicaSet, ensuring that the total number of pods available at all times during the update is at least 70% of desired pods.',
  },
  Service: {
    spec: `Spec defines the behavior of a service. ${SPEC_AND_STATUS}`,
    status: `Most recently observed status of the service. Populated by the system. Read-only. ${SPEC_AND_STATUS}`,
  },
  ServicePort: {
    targetPort:
      "Number or name of the port to access on the pods targeted by the service. Number must be in the range 1 to 65535. Name must be an IANA_SVC_NAME. If this is a string, it will be looked up as a named port in the target Pod's container ports. If this is not specified, the value of the 'port' field is used (an identity map). This field is ignored for services with clusterIP=None, and should be omitted or set equal to the 'port' field. More info: https://kubernetes.io/docs/concepts/services-networking/service/#defining-a-service",
  },
  ServiceSpec: {
    sessionAffinityConfig: 'sessionAffinityConfig contains the configurations of session affinity.',
  },
  TCPSocketAction: {
    port: 'Number or name of the port to access on the container. Number must be in the range 1 to 65535. Name must be an IANA_SVC_NAME.',
  },
};

/** The description of a field: the table's, else the generated one, else what the field is called by convention. */
export function fieldDescription(docs: Docs, type: string, field: string): string | undefined {
  const known = FIELD_DOCS[type]?.[field] ?? docs[type]?.[field];
  if (known !== undefined && known !== '') return known;
  if (field !== 'metadata') return undefined;
  return type.endsWith('List') ? LIST_METADATA : METADATA;
}
