/** The control plane's process: `podlab controlplane`. Settings: docs/architecture.md. */
import { chown, mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { dirname, join } from 'node:path';
import { realClock } from '#api/clock.ts';
import { clusterNetwork, IP_FAMILY_SETTINGS } from '#api/cluster-network.ts';
import type { IpFamily } from '#api/ip.ts';
import { API_PORT, GRPC_PORT, NODE_PORT_RANGE, UPLINK } from '#api/names.ts';
import { createAuthentication } from '../controlplane/authentication/authentication.ts';
import { createAggregation, type KnownResources } from '../controlplane/aggregation/aggregation.ts';
import { createBackend } from '../controlplane/aggregation/backend.ts';
import { startAggregation } from '../controlplane/aggregation/start.ts';
import { rbacAuthorizer } from '../controlplane/authorization/rbac.ts';
import { startControllers } from '../controlplane/controllers/start.ts';
import { HttpRoutesTable } from '../controlplane/http-routes/http-routes-table.ts';
import { createDialer, createLateDialer } from '../controlplane/nodes/dialer.ts';
import { startNodeServer } from '../controlplane/nodes/node-server.ts';
import { loadPki } from '../controlplane/pki/pki.ts';
import { loadServiceAccountKey } from '../controlplane/pki/service-account-key.ts';
import { createClient } from '../controlplane/registry/client.ts';
import { createRegistry } from '../controlplane/registry/create-registry.ts';
import { startScheduler } from '../controlplane/scheduler/start.ts';
import { startApiServer } from '../controlplane/server/api-server.ts';
import { createStreamingHandlers } from '../controlplane/server/streaming/handlers.ts';
import { METRICS_RESOURCES } from '../controlplane/resource-metrics/resources.ts';
import { openStore } from '../controlplane/store/sqlite-store.ts';
import { count, oneOf, secret, text } from './environment.ts';
import { startHealthChecks } from './health-checks.ts';
import { runProcess } from './process.ts';

await runProcess('controlplane', async (log) => {
  const { env } = process;
  const stateDir = text(env, 'PODLAB_STATE_DIR', '/var/lib/podlab');
  const apiUrl = text(env, 'PODLAB_API_URL', `https://127.0.0.1:${API_PORT}`);
  const evictionSeconds = count(env, 'PODLAB_EVICTION_SECONDS', 300);
  const network = clusterNetwork(oneOf(env, 'PODLAB_IP_FAMILY', IP_FAMILY_SETTINGS, 'ipv4'));
  const advertise = text(env, 'PODLAB_ADVERTISE_ADDRESS', uplinkAddress(network.families[0]!));
  // Where IPv6 is off, the unspecified address of IPv6 cannot be listened on.
  const host = network.families.includes('IPv6') ? '::' : '0.0.0.0';
  const clock = realClock;

  await mkdir(stateDir, { recursive: true });
  const pkiDir = join(stateDir, 'pki');
  const pki = await loadPki({
    dir: pkiDir,
    hosts: [new URL(apiUrl).hostname, 'controlplane', advertise, network.kubernetesServiceIp],
    joinToken: secret(env, 'PODLAB_JOIN_TOKEN'),
    clock,
  });
  const store = await openStore({
    path: join(stateDir, 'state.db'),
    onWatcherError: (error) => log.error({ err: error }, 'a watcher of the store failed'),
  });
  const authentication = createAuthentication(store, clock, () => loadServiceAccountKey(pkiDir));
  const authorizer = rbacAuthorizer(store);
  const dialer = createLateDialer();
  const registry = createRegistry({
    store,
    authentication,
    authorizer,
    clock,
    dialer,
    served: METRICS_RESOURCES,
    network,
    nodePortRange: NODE_PORT_RANGE,
    evictionSeconds,
  });
  const client = createClient(registry, store);
  const kubelets = createClient(registry, store, 'kubelet');

  const httpRoutes = new HttpRoutesTable();
  const grpcPort = count(env, 'PODLAB_GRPC_LISTEN_PORT', GRPC_PORT);
  const nodes = await startNodeServer({
    client: kubelets,
    network,
    pki,
    httpRoutes,
    clock,
    log,
    host,
    port: grpcPort,
  });
  dialer.become(createDialer({ streams: nodes.streams, client, log }));
  const knownResources: KnownResources = new Map();
  const apiServices = createBackend(dialer, pki.frontProxy.client);
  let hasStarted = false;
  const server = await startApiServer({
    registry,
    authentication,
    store,
    authorizer,
    tls: { key: pki.server.key, cert: pki.server.cert, clientCa: pki.caCert },
    streaming: createStreamingHandlers({ streams: nodes.streams, log }),
    dialer,
    aggregation: createAggregation(client, apiServices, knownResources),
    host,
    port: count(env, 'PODLAB_API_LISTEN_PORT', API_PORT),
    log,
    healthChecks: startHealthChecks(client, () => hasStarted),
  });
  const controllers = startControllers({
    client,
    clock,
    log,
    options: {
      advertiseAddress: advertise,
      network,
      httpRoutes,
      caCert: pki.caCert,
      authority: pki,
      tokens: authentication.tokens,
      nodeMonitorGraceSeconds: count(env, 'PODLAB_NODE_MONITOR_GRACE_SECONDS', 4, 1),
    },
  });
  const aggregation = startAggregation(
    { client, backend: apiServices, known: knownResources, clock, log },
    {
      client: pki.caCert,
      frontProxy: pki.frontProxy.caCert,
    },
  );
  const scheduler = startScheduler({ client: createClient(registry, store, 'kube-scheduler'), clock, log });
  hasStarted = true;
  await publishKubeconfig(env['PODLAB_KUBECONFIG'], pki.kubeconfig(apiUrl));
  log.info({ apiUrl, advertise }, 'control plane serves');

  // Clients first, so that nothing is accepted that could no longer be written; the store last, when all is written.
  return async () => {
    await server.close();
    await nodes.close();
    scheduler.stop();
    await aggregation.stop();
    await controllers.stop();
    await store.close();
  };
});

/** The address of this container in the cluster's Docker network. Throws when it has none of that family. */
function uplinkAddress(family: IpFamily): string {
  const interfaces = networkInterfaces();
  const candidates = [
    ...(interfaces[UPLINK] ?? []),
    ...Object.values(interfaces).flatMap((all) => all ?? []),
  ];
  const address = candidates.find(
    (one) => one.family === family && !one.internal && !one.address.startsWith('fe80:'),
  )?.address;
  if (address === undefined) {
    const hint = family === 'IPv4' ? 'is this container in a network?' : 'was its network created with IPv6?';
    throw new Error(`no ${family} address on ${UPLINK}: ${hint}`);
  }
  return address;
}

/** Writes the file at once or not at all; it belongs to the owner of its directory, who is the person on the host. */
async function publishKubeconfig(path: string | undefined, kubeconfig: string): Promise<void> {
  if (path === undefined || path === '') return;
  const { uid, gid } = await stat(dirname(path));
  const draft = `${path}.new`;
  await writeFile(draft, kubeconfig, { mode: 0o600 });
  await chown(draft, uid, gid);
  await rename(draft, path);
}
