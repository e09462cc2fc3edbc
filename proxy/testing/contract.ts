/** What every proxier does, tried with real packets of both IP families. */
import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest';
import type { ProxyMode } from '../proxier.ts';
import { IPV4, IPV6, type LabAddresses } from './addresses.ts';
import { affinityCases } from './cases/affinity.ts';
import { changeCases } from './cases/changes.ts';
import { clusterIpCases } from './cases/cluster-ip.ts';
import { externalCases } from './cases/external.ts';
import { faultCases, type Damage } from './cases/faults.ts';
import { sourceRangesCases } from './cases/source-ranges.ts';
import { udpCases } from './cases/udp.ts';
import { Lab, labObstacle } from './lab.ts';
import { SERVER_PORTS, Stage, type Abilities } from './stage.ts';

const obstacle = labObstacle();
if (obstacle !== undefined) console.warn(`Proxier contract skipped: ${obstacle}`);

/** By what they are about; each is tried with both IP families. */
const GROUPS = {
  ClusterIPs: clusterIpCases,
  'from outside': externalCases,
  'source ranges': sourceRangesCases,
  'session affinity': affinityCases,
  'UDP flows': udpCases,
  changes: changeCases,
} as const;

export interface ContractOptions {
  readonly abilities: Abilities;
  /** What somebody may do to the proxier's work. */
  readonly damages: readonly Damage[];
  /** Those that the mode passes so far; absent: all, and the faults. */
  readonly groups?: readonly (keyof typeof GROUPS)[];
  readonly families?: readonly LabAddresses[];
}

/** The cases, to be called in a test file of the mode's own. */
export function testProxier(mode: ProxyMode, options: ContractOptions): void {
  const { abilities, damages, families = [IPV4, IPV6] } = options;
  const groups = options.groups ?? (Object.keys(GROUPS) as (keyof typeof GROUPS)[]);
  describe.skipIf(obstacle !== undefined)(`a proxier in ${mode} mode`, () => {
    const lab = new Lab(mode);

    beforeAll(async () => {
      await lab.start();
      await serveEverywhere(lab);
    });
    afterAll(() => lab.stop());
    beforeEach(() => lab.node.call('startProxier', mode));
    afterEach(() => lab.node.call('stopProxier'));

    describe.each(families)('with $family', (addresses) => {
      const stage = new Stage(lab, addresses, abilities);
      for (const group of groups) describe(group, () => GROUPS[group](stage));
    });
    if (options.groups === undefined)
      describe('faults', () => faultCases(new Stage(lab, IPV4, abilities), mode, damages));
  });
}

async function serveEverywhere(lab: Lab): Promise<void> {
  for (const { podIp, remotePodIp } of [IPV4, IPV6]) {
    const servers = [
      ...lab.pods.map((pod, index) => [pod, podIp(index), `pod${index}`] as const),
      [lab.outside, remotePodIp, 'remote'] as const,
    ];
    for (const [member, ip, name] of servers)
      for (const protocol of ['http', 'tcp', 'udp'] as const)
        await member.call('serve', protocol, ip, SERVER_PORTS[protocol], name);
  }
}
