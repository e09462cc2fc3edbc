import type { Logger } from 'pino';
import type { Clock } from '#api/clock.ts';
import type { Client } from '../client.ts';
import type { Running } from '../controllers/context.ts';
import { runController } from '../controllers/controller.ts';

const NAMESPACE = 'kube-system';
const NAME = 'extension-apiserver-authentication';

/** The name that the front proxy's certificate has. */
const FRONT_PROXY_CLIENT = 'front-proxy-client';

/**
 * Tells aggregated servers, by a ConfigMap that all may read, whom to believe who a user is: clients with certificates of the cluster's CA, and
 * the front proxy's headers (kube-apiserver `clusterauthenticationtrust`).
 */
export function startAuthenticationConfig(
  client: Client,
  cas: { readonly client: string; readonly frontProxy: string },
  { clock, log }: { clock: Clock; log: Logger },
): Running {
  const data = {
    'client-ca-file': cas.client,
    'requestheader-allowed-names': JSON.stringify([FRONT_PROXY_CLIENT]),
    'requestheader-client-ca-file': cas.frontProxy,
    'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
    'requestheader-group-headers': '["X-Remote-Group"]',
    'requestheader-uid-headers': '["X-Remote-Uid"]',
    'requestheader-username-headers': '["X-Remote-User"]',
  };

  async function sync(): Promise<void> {
    if (client.get('namespaces', '', NAMESPACE) === undefined) return;
    const found = client.get('configmaps', NAMESPACE, NAME);
    if (found === undefined) {
      await client.create('configmaps', { metadata: { namespace: NAMESPACE, name: NAME }, data });
    } else if (Object.entries(data).some(([key, value]) => found.data?.[key] !== value)) {
      await client.update('configmaps', { ...found, data: { ...found.data, ...data } });
    }
  }

  const controller = runController({
    name: 'extension-apiserver-authentication',
    clock,
    log,
    workers: 1,
    sync,
  });
  const enqueueIfOurs = ({ metadata }: { metadata: { namespace?: string; name: string } }): void => {
    if (metadata.namespace === NAMESPACE && metadata.name === NAME) controller.enqueue(NAME);
  };
  const stops = [
    client.watch('namespaces', {
      added: ({ metadata }) => {
        if (metadata.name === NAMESPACE) controller.enqueue(NAME);
      },
    }),
    client.watch('configmaps', { updated: (_, map) => enqueueIfOurs(map), deleted: enqueueIfOurs }),
  ];
  return {
    async stop() {
      for (const stop of stops) stop();
      await controller.stop();
    },
  };
}
