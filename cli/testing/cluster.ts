/** Clusters for tests. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Docker from 'dockerode';
import type { Container } from 'dockerode';
import type { IpFamilySetting } from '#api/cluster-network.ts';
import { getContainerRuntimeClient, RandomPortGenerator } from 'testcontainers';
import { connect, type Api } from '../cluster/api.ts';
import { execIn, type ExecResult } from '../cluster/exec.ts';
import { waitUntilReady } from '../cluster/gates.ts';
import { clusterName } from '../cluster/options.ts';
import { clusterNames, type ProxyMode } from '../cluster/spec.ts';
import { startCluster, type StartedCluster } from '../cluster/start.ts';
import { stopCluster } from '../cluster/stop.ts';
import { ensureImages } from '../images/podlab.ts';
import { silent, type Progress } from '../progress.ts';
import { apply } from './apply.ts';
import { launchWithTestcontainers } from './launch.ts';
import { waitForRollout } from './rollout.ts';
import { serviceUrl } from './service-url.ts';

/** A cluster to be: `await new PodlabCluster().withNodes(3).start()`. Several may run at once. */
export class PodlabCluster {
  #name = `test-${randomBytes(4).toString('hex')}`;
  #nodes = 3;
  #proxyMode: ProxyMode = 'nftables';
  #evictionSeconds = 300;
  #ipFamily: IpFamilySetting = 'ipv4';
  #apiPort: number | undefined;
  #image: string | undefined;
  #timeoutMs = 60_000;
  #progress: Progress = silent;

  /** Prefix of the Docker objects' names; by default a random one. */
  withName(name: string): this {
    this.#name = clusterName(name);
    return this;
  }

  withNodes(count: number): this {
    if (!Number.isInteger(count) || count < 1) throw new RangeError('a cluster has at least one node');
    this.#nodes = count;
    return this;
  }

  withProxyMode(mode: ProxyMode): this {
    this.#proxyMode = mode;
    return this;
  }

  /** How long Pods stay on a node that is not ready or unreachable; Kubernetes' own default is 300. */
  withEvictionSeconds(seconds: number): this {
    this.#evictionSeconds = seconds;
    return this;
  }

  /** Addresses of Pods, Services and nodes; `dual`: of both families, IPv4 first. */
  withIpFamily(setting: IpFamilySetting): this {
    this.#ipFamily = setting;
    return this;
  }

  /** The API server's port on the host; by default a free one. */
  withApiPort(port: number): this {
    this.#apiPort = port;
    return this;
  }

  /** An image of podlab that the engine has; by default it is built from the sources. */
  withImage(image: string): this {
    this.#image = image;
    return this;
  }

  /** How long the gates (API, nodes, DNS, Service) may take together. */
  withStartupTimeout(milliseconds: number): this {
    this.#timeoutMs = milliseconds;
    return this;
  }

  /** Hears what `start` is doing. */
  withProgress(progress: Progress): this {
    this.#progress = progress;
    return this;
  }

  /**
   * Starts the cluster and waits until it is ready.
   * @throws GateError naming the gate that stayed shut, with the logs that matter. Nothing is left behind then.
   */
  async start(): Promise<StartedPodlabCluster> {
    const { container } = await getContainerRuntimeClient();
    const docker = container.dockerode;
    const started = await startCluster(
      docker,
      {
        name: this.#name,
        nodes: this.#nodes,
        apiPort: this.#apiPort ?? (await new RandomPortGenerator().generatePort()),
        proxyMode: this.#proxyMode,
        evictionSeconds: this.#evictionSeconds,
        ipFamily: this.#ipFamily,
        image: this.#image ?? (await ensureImages(docker, this.#progress)),
        timeoutMs: this.#timeoutMs,
        launch: launchWithTestcontainers,
      },
      this.#progress,
    );
    return StartedPodlabCluster.open(docker, this.#name, started);
  }
}

/** A cluster that runs. `stop()` leaves nothing of it behind. */
export class StartedPodlabCluster {
  readonly name: string;
  /** `node1` … `nodeN`. */
  readonly nodes: readonly string[];
  /** The REST API, as the administrator. */
  readonly api: Api;
  readonly docker: Docker;
  readonly #started: StartedCluster;
  readonly #directory: string;

  private constructor(docker: Docker, name: string, started: StartedCluster, directory: string) {
    this.docker = docker;
    this.name = name;
    this.nodes = started.nodes;
    this.api = connect(started.kubeconfig);
    this.#started = started;
    this.#directory = directory;
  }

  /** Wraps a cluster that is up. */
  static async open(docker: Docker, name: string, started: StartedCluster): Promise<StartedPodlabCluster> {
    const directory = await mkdtemp(join(tmpdir(), 'podlab-'));
    const cluster = new StartedPodlabCluster(docker, name, started, directory);
    await writeFile(cluster.kubeConfigFile(), started.kubeconfig, { mode: 0o600 });
    return cluster;
  }

  /** The administrator's kubeconfig, as YAML. */
  kubeConfig(): string {
    return this.#started.kubeconfig;
  }

  /** A file that holds the kubeconfig until `stop()`, for `KUBECONFIG`. */
  kubeConfigFile(): string {
    return join(this.#directory, 'kubeconfig');
  }

  /** The API server's port on 127.0.0.1. */
  get apiPort(): number {
    return this.#started.apiPort;
  }

  get ipFamily(): IpFamilySetting {
    return this.#started.ipFamily;
  }

  /** Creates or updates every object of a YAML text, as `kubectl apply` does. */
  apply(yaml: string): Promise<void> {
    return apply(this.api, yaml);
  }

  /** Waits until a Deployment is rolled out as a whole. */
  waitForRollout(namespace: string, name: string, timeoutMs = 60_000): Promise<void> {
    return waitForRollout(this.api, namespace, name, timeoutMs);
  }

  /** `http://ADDRESS:PORT` at which this process reaches a Service of type NodePort or LoadBalancer. */
  async serviceUrl(namespace: string, name: string, port: number | string): Promise<string> {
    // Elsewhere the engine runs in a virtual machine, whose containers only published ports lead to.
    const node =
      process.platform === 'linux' ? await this.nodeAddress(await this.#runningNode()) : '127.0.0.1';
    return serviceUrl(this.api, namespace, name, port, node);
  }

  /** The node's address in the cluster's Docker network, of the cluster's primary family. */
  async nodeAddress(node: string): Promise<string> {
    const { NetworkSettings: settings } = await this.nodeContainer(node).inspect();
    const network = settings.Networks[clusterNames(this.name).network];
    const address = this.ipFamily === 'ipv6' ? network?.GlobalIPv6Address : network?.IPAddress;
    if (address === undefined || address === '') throw new Error(`${node} is not running`);
    return address;
  }

  nodeContainer(node: string): Container {
    if (!this.nodes.includes(node)) throw new Error(`there is no ${node}, but ${this.nodes.join(', ')}`);
    return this.docker.getContainer(clusterNames(this.name).node(node));
  }

  controlPlaneContainer(): Container {
    return this.docker.getContainer(clusterNames(this.name).controlPlane);
  }

  /** Runs a command in a node's container, as on that machine. */
  execOnNode(node: string, command: readonly string[]): Promise<ExecResult> {
    return execIn(this.nodeContainer(node), command);
  }

  /** An orderly shutdown, as by `docker stop`: its Pods' containers end first. */
  async stopNode(node: string): Promise<void> {
    await this.nodeContainer(node).stop();
  }

  /** A crash, as by `docker kill`: nothing is told to anybody. */
  async killNode(node: string): Promise<void> {
    await this.nodeContainer(node).kill();
  }

  /** Starts a stopped or killed node again and waits until it is Ready. */
  async startNode(node: string, timeoutMs = 60_000): Promise<void> {
    await this.nodeContainer(node).start();
    await this.waitUntilReady([node], timeoutMs);
  }

  /** Waits until the gates are open with these nodes. */
  async waitUntilReady(nodes: readonly string[] = this.nodes, timeoutMs = 60_000): Promise<void> {
    const { name: cluster, apiPort, ipFamily } = this;
    const ready = { cluster, apiPort, ipFamily, nodes, timeoutMs };
    await waitUntilReady(this.docker, ready, silent);
  }

  /** Removes everything of the cluster. Safe to call twice. */
  async stop(): Promise<void> {
    this.api.close();
    await stopCluster(this.docker, this.name, silent);
    await rm(this.#directory, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #runningNode(): Promise<string> {
    for (const node of this.nodes) {
      const { State: state } = await this.nodeContainer(node).inspect();
      if (state.Running) return node;
    }
    throw new Error('no node is running');
  }
}
