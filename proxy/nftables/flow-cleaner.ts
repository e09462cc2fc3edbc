import { spawn } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { createInterface } from 'node:readline';
import type { Logger } from 'pino';
import { CommandError, runCommand } from '#api/command.ts';
import type { IpFamily } from '#api/ip.ts';
import type { ServicePortMap } from '../service-port.ts';
import { parseFlow, StaleFlows, type UdpFlow } from './conntrack.ts';

/** Each deletion makes the kernel look through its table; what is left over is for another look. */
const DELETIONS_PER_LOOK = 500;

/**
 * Deletes stale UDP flows beside the rules' way: one look through the kernel's table at a time, however often it is asked for. It has to be asked
 * after the rules were written, because a client's next packet begins the flow anew.
 */
export class FlowCleaner {
  readonly #families: readonly IpFamily[];
  readonly #log: Logger;
  #wanted: ServicePortMap | undefined;
  #working: Promise<void> | undefined;

  constructor(families: readonly IpFamily[], log: Logger) {
    this.#families = families;
    this.#log = log;
  }

  /** Looks soon for flows that are stale under these Services. */
  request(services: ServicePortMap): void {
    this.#wanted = services;
    this.#working ??= this.#work();
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.#working;
  }

  async #work(): Promise<void> {
    while (this.#wanted !== undefined) {
      const services = this.#wanted;
      this.#wanted = undefined;
      try {
        for (const family of this.#families)
          if ((await deleteStaleFlows(services, family)) === 'some are left') this.#wanted ??= services;
      } catch (err) {
        this.#log.error({ err }, 'stale UDP flows are left in the kernel');
      }
    }
    this.#working = undefined;
  }
}

async function deleteStaleFlows(
  services: ServicePortMap,
  family: IpFamily,
): Promise<'all are gone' | 'some are left'> {
  const stale = new StaleFlows(services, family, ownIps());
  if (!stale.any) return 'all are gone';
  const deletions = new Set<string>();
  for await (const flow of listFlows(family)) {
    if (stale.has(flow)) deletions.add(deletion(flow, family));
    if (deletions.size >= DELETIONS_PER_LOOK) break;
  }
  // It opens /dev/stdin anew, which a pipe allows and our socket does not.
  const deleting = ['-c', 'cat | conntrack -R -'];
  if (deletions.size > 0) await runCommand('sh', deleting, `${[...deletions].join('\n')}\n`);
  return deletions.size >= DELETIONS_PER_LOOK ? 'some are left' : 'all are gone';
}

const ownIps = (): Set<string> =>
  new Set(Object.values(networkInterfaces()).flatMap((list) => list?.map(({ address }) => address) ?? []));

/** Of all clients to the same destination with the same endpoint at once. */
const deletion = (
  { destination, destinationPort, endpoint, endpointPort }: UdpFlow,
  family: IpFamily,
): string =>
  [
    `-D -f ${family.toLowerCase()} -p udp --orig-dst ${destination} --orig-port-dst ${destinationPort}`,
    `--reply-src ${endpoint} --reply-port-src ${endpointPort}`,
  ].join(' ');

async function* listFlows(family: IpFamily): AsyncGenerator<UdpFlow> {
  const args = ['-L', '-f', family.toLowerCase(), '-p', 'udp'];
  const child = spawn('conntrack', args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new CommandError(`conntrack ${args.join(' ')}`, '', code ?? undefined)),
    );
  });
  // Whoever stops reading early does not hear of it.
  ended.catch(() => {});
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const flow = parseFlow(line);
      if (flow !== undefined) yield flow;
    }
    await ended;
  } finally {
    child.kill();
  }
}
