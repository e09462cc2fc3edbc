/**
 * Runs in a node's container: does the cluster's DNS answer, is the Service `kubernetes` reached through its ClusterIP? Prints one line of
 * JSON: `{}` when all is well, else `{ gate, error }` of the gate that stayed shut. Arguments: for how long it may stay shut (milliseconds), and
 * the cluster's `--ip-family`.
 */
import { Resolver } from 'node:dns/promises';
import { request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { clusterNetwork, IP_FAMILY_SETTINGS } from '#api/cluster-network.ts';
import { familyOf, hostInUrl } from '#api/ip.ts';
import { CLUSTER_DOMAIN } from '#api/names.ts';

const [, , limit = '1000', setting = 'ipv4'] = process.argv;
const end = Date.now() + Number(limit);
const network = clusterNetwork(IP_FAMILY_SETTINGS.find((one) => one === setting) ?? 'ipv4');
const serviceIp = network.kubernetesServiceIp;

const gates: { gate: string; check: () => Promise<void> }[] = [
  { gate: 'dns', check: checkDns },
  { gate: 'service', check: checkService },
];

console.log(JSON.stringify(await firstShut()));
process.exit(0);

async function firstShut(): Promise<{ gate?: string; error?: string }> {
  for (const { gate, check } of gates) {
    for (;;) {
      try {
        await check();
        break;
      } catch (error) {
        if (Date.now() > end) return { gate, error: (error as Error).message };
        await sleep(50);
      }
    }
  }
  return {};
}

async function checkDns(): Promise<void> {
  for (const ip of network.dnsIps) await askDns(ip);
}

async function askDns(server: string): Promise<void> {
  const resolver = new Resolver({ timeout: 500, tries: 1 });
  resolver.setServers([server]);
  const name = `kubernetes.default.svc.${CLUSTER_DOMAIN}`;
  const addresses = await (familyOf(serviceIp) === 'IPv6'
    ? resolver.resolve6(name)
    : resolver.resolve4(name));
  if (!addresses.includes(serviceIp)) throw new Error(`${name} is ${addresses.join(', ')}`);
}

/** Any answer will do: that the API server is well is another gate. */
function checkService(): Promise<void> {
  return new Promise((resolve, reject) => {
    const url = `https://${hostInUrl(serviceIp)}/readyz`;
    const asked = request(url, { rejectUnauthorized: false, timeout: 1000 }, (response) => {
      response.resume();
      resolve();
    });
    asked.on('timeout', () => asked.destroy(new Error(`${url} does not answer`)));
    asked.on('error', reject);
    asked.end();
  });
}
