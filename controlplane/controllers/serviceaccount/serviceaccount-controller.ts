import type { Client } from '../../client.ts';
import { unlessTerminating } from '../api-errors.ts';
import type { ControllerContext, Running } from '../context.ts';
import { runController } from '../controller.ts';
import { same } from '../equality.ts';

const SERVICE_ACCOUNT = 'default';
const ROOT_CA = 'kube-root-ca.crt';
const DESCRIPTION = 'kubernetes.io/description';
const ROOT_CA_DESCRIPTION =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

/**
 * Gives every namespace the ServiceAccount `default` (`serviceaccounts_controller.go`) and the ConfigMap with the cluster's CA
 * (`pkg/controller/certificates/rootcacertpublisher`).
 */
export function startServiceAccountController({ client, clock, log, options }: ControllerContext): Running {
  const controller = runController({
    name: 'serviceaccount',
    clock,
    log,
    sync: (namespace) => syncNamespace(client, namespace, options.caCert),
  });
  const enqueueNamespaceOf =
    (name: string) =>
    ({ metadata }: { metadata: { name: string; namespace?: string } }): void => {
      if (metadata.name === name) controller.enqueue(metadata.namespace ?? '');
    };
  const accounts = enqueueNamespaceOf(SERVICE_ACCOUNT);
  const certificates = enqueueNamespaceOf(ROOT_CA);
  const unwatch = [
    client.watch('namespaces', {
      added: ({ metadata }) => controller.enqueue(metadata.name),
      updated: (_, { metadata }) => controller.enqueue(metadata.name),
    }),
    client.watch('serviceaccounts', { deleted: accounts }),
    client.watch('configmaps', { updated: (_, configMap) => certificates(configMap), deleted: certificates }),
  ];
  return {
    async stop() {
      for (const end of unwatch) end();
      await controller.stop();
    },
  };
}

async function syncNamespace(client: Client, namespace: string, caCert: string): Promise<void> {
  const found = client.get('namespaces', '', namespace);
  if (found === undefined || found.metadata.deletionTimestamp !== undefined) return;
  await Promise.all([ensureServiceAccount(client, namespace), ensureRootCa(client, namespace, caCert)]);
}

async function ensureServiceAccount(client: Client, namespace: string): Promise<void> {
  if (client.get('serviceaccounts', namespace, SERVICE_ACCOUNT) !== undefined) return;
  const account = { metadata: { namespace, name: SERVICE_ACCOUNT } };
  await unlessTerminating(client.create('serviceaccounts', account));
}

async function ensureRootCa(client: Client, namespace: string, caCert: string): Promise<void> {
  const data = { 'ca.crt': caCert };
  const annotations = { [DESCRIPTION]: ROOT_CA_DESCRIPTION };
  const current = client.get('configmaps', namespace, ROOT_CA);
  if (current === undefined) {
    const metadata = { namespace, name: ROOT_CA, annotations };
    await unlessTerminating(client.create('configmaps', { metadata, data }));
    return;
  }
  const { metadata } = current;
  if (same(current.data, data) && metadata.annotations?.[DESCRIPTION] !== undefined) return;
  const restored = { ...metadata, annotations: { ...metadata.annotations, ...annotations } };
  await client.update('configmaps', { ...current, metadata: restored, data });
}
