/** A node's process: `podlab node`. Agent, proxy and DNS in one. Settings: docs/architecture.md. */
import * as grpc from '@grpc/grpc-js';
import Docker from 'dockerode';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkServerIdentity } from 'node:tls';
import type { Logger } from 'pino';
import { realClock } from '#api/clock.ts';
import { numberToIp } from '#api/ip.ts';
import { GRPC_PORT } from '#api/names.ts';
import { createPodNetwork } from '../agent/network/linux-pod-network.ts';
import { startNetworkPolicyEnforcer, type NetworkPolicyEnforcer } from '../agent/network-policy/enforcer.ts';
import {
  buildNode,
  networkProblem,
  nodeIps,
  readMachineFacts,
  type MachineFacts,
} from '../agent/node-status.ts';
import { reportNodeStatus } from '../agent/node-status-reporter.ts';
import { rangeOf } from '../agent/network/families.ts';
import { parseEndpoint } from '../agent/network/peers.ts';
import type { ClusterFacts } from '../agent/pods/agent-context.ts';
import { createKubeletServer } from '../agent/kubelet/kubelet-server.ts';
import { createPodManager } from '../agent/pods/create-pod-manager.ts';
import { createPublisher } from '../agent/publisher/publisher.ts';
import { createDockerRuntime } from '../agent/runtime/docker-runtime.ts';
import type { ClusterInfo } from '../agent/session/control-plane.ts';
import { SERVER_NAME } from '../agent/session/control-plane-ca.ts';
import { startSession } from '../agent/session/session.ts';
import { createStreamServer } from '../agent/streams/stream-server.ts';
import { beatKey } from '../proxy/liveness/beat.ts';
import { setConntrackTimeouts } from '../proxy/conntrack-timeouts.ts';
import { startProxy, type Proxy } from '../proxy/start.ts';
import { readAccess } from './access.ts';
import { oneOf, secret, SettingError, text } from './environment.ts';
import { openKeptCluster, type KeptCluster } from './kept-cluster.ts';
import { findNodeIdentity } from './node-identity.ts';
import { runProcess } from './process.ts';

/** Seconds that Pods get to end when the node stops: Docker kills the node's container after ten. */
const SHUTDOWN_GRACE = 6;
/** Milliseconds in which the last statuses have to reach the control plane. */
const FLUSH_LIMIT = 1_000;

await runProcess('node', startNode);

async function startNode(log: Logger): Promise<() => Promise<void>> {
  const { env } = process;
  const clock = realClock;
  const docker = new Docker({ socketPath: text(env, 'PODLAB_DOCKER_SOCKET', '/var/run/docker.sock') });
  const {
    nodeName,
    clusterName,
    image,
    network: dockerNetwork,
    networkId,
    state,
    containerId,
  } = await findNodeIdentity(docker, env);
  const address = text(env, 'PODLAB_CONTROL_PLANE', `controlplane:${GRPC_PORT}`);
  const mode = oneOf(env, 'PODLAB_PROXY_MODE', ['nftables', 'userspace'], 'nftables');
  const joinToken = secret(env, 'PODLAB_JOIN_TOKEN');
  if (joinToken === undefined)
    throw new SettingError('PODLAB_JOIN_TOKEN', 'or PODLAB_JOIN_TOKEN_FILE must be set');

  const tunnelEndpoint = text(env, 'PODLAB_TUNNEL_ENDPOINT', '');
  if (tunnelEndpoint !== '' && parseEndpoint(tunnelEndpoint) === undefined)
    throw new SettingError('PODLAB_TUNNEL_ENDPOINT', 'must be an address, or address:port');

  const nodesKey = beatKey(joinToken, clusterName);
  const runtime = createDockerRuntime({ docker, clusterName, nodeName });
  const readFacts = () => readMachineFacts({ nodeName, storagePath: state.path, runtime });
  let facts = await readFacts();
  /** Of the cluster; known before the first Pod is. */
  let clusterFacts: ClusterFacts | undefined;
  /** Why the node is not ready. */
  let problem = networkProblem('the Pod network is not set up yet');
  const describeNode = () => {
    const ips = nodeIps(facts, clusterFacts?.families);
    return buildNode(facts, { ips, problem, dockerNetwork: networkId, tunnelEndpoint }, clock);
  };
  const [nodeResolvConf, nodeHosts] = await Promise.all(
    ['/etc/resolv.conf', '/etc/hosts'].map((path) => readFile(path, 'utf8').catch(() => '')),
  );
  const ownFiles = { nodeResolvConf: nodeResolvConf ?? '', nodeHosts: nodeHosts ?? '' };
  const keptCluster = await openKeptCluster(join(state.path, 'cluster.json'), log);
  const network = createPodNetwork({
    log,
    lastAddressesFile: join(state.path, 'last-addresses'),
    nodeName,
    dockerNetwork: networkId,
  });
  let proxy: Proxy | undefined;
  let policies: NetworkPolicyEnforcer | undefined;

  /** Resolves with whether the network namespace is new. */
  async function startNetwork(cluster: KeptCluster): Promise<boolean> {
    clusterFacts = factsOf(cluster, ownFiles, facts);
    try {
      const { fresh } = await network.start(cluster);
      // In a living namespace the rules of the process before this one carry on.
      const carried = !fresh && mode === 'nftables';
      problem = carried ? '' : networkProblem('the rules of Services are not set up yet');
      return fresh;
    } catch (error) {
      problem = networkProblem(error instanceof Error ? error.message : String(error));
      throw error;
    }
  }

  // The control plane may be away; and a node that was ready is to say so when it registers again.
  const { last } = keptCluster;
  const restored =
    last === undefined
      ? undefined
      : await startNetwork(last).catch((err: unknown) => {
          log.error({ err }, 'the Pod network could not be set up as it was');
          return undefined;
        });

  // Until `streams` is there nothing may be awaited: the session calls its handlers as soon as it is connected.
  const session = startSession({
    address,
    joinToken,
    nodeName,
    credentialsDir: join(state.path, 'credentials'),
    node: describeNode,
    handlers: {
      registered: onRegistered,
      podDesired: (pod) => pods.desired(pod),
      podGone: (pod) => pods.gone(pod),
      podsSynced: () => pods.synced(),
      peers: (peers) =>
        void network
          .setPeers(peers)
          .catch((error: unknown) => log.error({ err: error }, 'cannot route to the other nodes')),
      openStream: (request) => streams.open(request),
      closeStream: (streamId) => streams.closeStream(streamId),
    },
    clock,
    log,
  });
  const pods = createPodManager({
    runtime,
    network,
    podGate() {
      if (policies === undefined) throw new Error('the node has not registered yet');
      return policies;
    },
    controlPlane: session,
    clock,
    log,
    nodeName,
    nodeContainerId: containerId,
    pauseImage: image,
    volumesDir: state,
    cluster() {
      if (clusterFacts === undefined) throw new Error('the node has not registered yet');
      return clusterFacts;
    },
    allocatable: describeNode().status?.allocatable ?? {},
    services: (namespace) => proxy?.services(namespace),
  });
  const kubelet = createKubeletServer({
    runtime,
    pods,
    nodeName,
    nodeContainerId: containerId,
    log,
    pages: new Map([['/access', (query) => readAccess(proxy, query)]]),
  });
  const streams = createStreamServer({ runtime, pods, session, log, kubelet });
  const statusReporter = reportNodeStatus({
    clock,
    log,
    session,
    async read() {
      await network
        .verify()
        .catch((err: unknown) => log.error({ err }, 'cannot look after the tables of the Pod network'));
      facts = await readFacts();
      return describeNode();
    },
  });

  /** The node is set up once; later registrations are reconnections. */
  let setUp: Promise<void> | undefined;
  let podsStarted: Promise<void> | undefined;
  async function onRegistered(cluster: ClusterInfo): Promise<void> {
    pods.listing();
    if (await keptCluster.keep(cluster)) await forgetCluster();
    await (setUp ?? beginSetUp(cluster, startNetwork(cluster)));
  }

  function beginSetUp(cluster: KeptCluster, networkStarted: Promise<boolean>): Promise<void> {
    const begun = networkStarted.then((fresh) => setUpNode(cluster, fresh));
    setUp = begun;
    begun.catch((err: unknown) => {
      log.error({ err }, 'the node could not be set up');
      setUp = undefined;
    });
    return begun;
  }

  /** The Node was deleted and has got another Pod CIDR, or the cluster is another one: the node is set up again around the Pods that run. */
  async function forgetCluster(): Promise<void> {
    await setUp?.catch(() => undefined);
    setUp = undefined;
    await proxy?.stop();
    proxy = undefined;
  }

  async function grpcCredentials(): Promise<grpc.ChannelCredentials> {
    const { rootCa, key, cert } = await session.credentials();
    const [root, ownKey, ownCert] = [rootCa, key, cert].map((pem) => Buffer.from(pem));
    return grpc.credentials.createSsl(root, ownKey, ownCert, {
      // Whatever name or address it is reached by from here.
      checkServerIdentity: (_host, certificate) => checkServerIdentity(SERVER_NAME, certificate),
    });
  }

  async function setUpNode(cluster: KeptCluster, fresh: boolean): Promise<void> {
    // The first report was made without knowing which families the cluster has.
    session.reportNodeStatus(describeNode().status ?? {});
    policies ??= startNetworkPolicyEnforcer({
      ...cluster,
      address,
      credentials: grpcCredentials,
      nodeName,
      clock,
      log,
    });
    await (podsStarted ??= pods.start({ fresh }));
    proxy ??= startNodeProxy(cluster);
    log.info({ nodeName, podCidrs: cluster.podCidrs, fresh }, 'node is set up');
  }

  function startNodeProxy(cluster: KeptCluster): Proxy {
    void setConntrackTimeouts(log);
    return startProxy({
      address,
      credentials: grpcCredentials,
      nodeName,
      nodeIps: factsOf(cluster, ownFiles, facts).nodeIps,
      mode,
      clusterDns: cluster.clusterDns,
      clusterDomain: cluster.clusterDomain,
      serviceCidrs: cluster.serviceCidrs,
      clusterPodCidrs: cluster.clusterPodCidrs,
      stateFile: join(state.path, 'proxy-state'),
      publisher: createPublisher({
        docker,
        clusterName,
        nodeName,
        pauseImage: image,
        network: dockerNetwork,
        clock,
        log,
      }),
      recordEvent: (event) => session.recordEvent(event),
      beatKey: nodesKey,
      onCarrying() {
        if (problem === '') return;
        problem = '';
        session.reportNodeStatus(describeNode().status ?? {});
      },
      clock,
      log,
    });
  }

  // Services go on while the control plane is away, also through a restart of this process.
  if (last !== undefined && restored !== undefined) void beginSetUp(last, Promise.resolve(restored));

  // Pods end before their network does; the control plane hears of it last.
  return async () => {
    session.reportShutdown();
    statusReporter.stop();
    streams.stop();
    kubelet.close();
    await pods.shutdown(SHUTDOWN_GRACE);
    await session.flush(FLUSH_LIMIT);
    await proxy?.stop();
    await policies?.stop();
    session.stop();
    network.stop();
  };
}

function factsOf(
  { podCidrs, serviceCidrs, clusterDns, clusterDomain }: KeptCluster,
  files: Pick<ClusterFacts, 'nodeResolvConf' | 'nodeHosts'>,
  machine: MachineFacts,
): ClusterFacts {
  const families = podCidrs.map((cidr) => rangeOf(cidr).family);
  const { first, family } = rangeOf(serviceCidrs[0] ?? '');
  return {
    families,
    nodeIps: nodeIps(machine, families),
    apiServerIp: numberToIp(first + 1n, family),
    clusterDns,
    clusterDomain,
    ...files,
  };
}
