/**
 * Runs in a node's container: does the cluster's DNS answer, is the Service `kubernetes` reached through its ClusterIP? Prints one line of
 * JSON: `{}` when all is well, else `{ gate, error }` of the gate that stayed shut for the time given in milliseconds.
 */
import { Resolver } from 'node:dns/promises';
import { request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { CLUSTER_DNS_IP, CLUSTER_DOMAIN, KUBERNETES_SERVICE_IP } from '#api/names.ts';

const end = Date.now() + Number(process.argv[2] ?? 1000);

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
  const resolver = new Resolver({ timeout: 500, tries: 1 });
  resolver.setServers([CLUSTER_DNS_IP]);
  const name = `kubernetes.default.svc.${CLUSTER_DOMAIN}`;
  const addresses = await resolver.resolve4(name);
  if (!addresses.includes(KUBERNETES_SERVICE_IP)) throw new Error(`${name} is ${addresses.join(', ')}`);
}

/** Any answer will do: that the API server is well is another gate. */
function checkService(): Promise<void> {
  return new Promise((resolve, reject) => {
    const url = `https://${KUBERNETES_SERVICE_IP}/readyz`;
    const asked = request(url, { rejectUnauthorized: false, timeout: 1000 }, (response) => {
      response.resume();
      resolve();
    });
    asked.on('timeout', () => asked.destroy(new Error(`${url} does not answer`)));
    asked.on('error', reject);
    asked.end();
  });
}
