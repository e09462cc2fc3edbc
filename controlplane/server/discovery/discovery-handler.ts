import { StatusError } from '#api/status.ts';
import type { Exchange } from '../exchange.ts';
import { parseAccept } from '../media-type.ts';
import { aggregatedDiscovery } from './aggregated.ts';
import { apiGroup, apiGroupList, apiVersions } from './groups.ts';
import { apiResourceList, groupVersions } from './resource-list.ts';

/** Serves `/api`, `/apis`, `/apis/GROUP` and `/…/VERSION`; false when the path is none that exists. */
export async function serveDiscovery(exchange: Exchange): Promise<boolean> {
  const parts = exchange.path.split('/').filter((part) => part !== '');
  if (parts[0] !== 'api' && parts[0] !== 'apis') return false;
  if (parts.length === 1) {
    await serveRoot(exchange, parts[0] === 'api');
    return true;
  }
  const document = parts[0] === 'api' ? ofCore(parts.slice(1)) : ofGroup(parts.slice(1));
  if (document === undefined) return false;
  await exchange.sendJson(200, document);
  return true;
}

function ofCore(parts: readonly string[]): object | undefined {
  return parts.length === 1 && parts[0] === 'v1' ? apiResourceList('v1') : undefined;
}

function ofGroup([group = '', version, ...rest]: readonly string[]): object | undefined {
  if (rest.length > 0) return undefined;
  if (version === undefined) return apiGroup(group);
  const apiVersion = `${group}/${version}`;
  return groupVersions().includes(apiVersion) ? apiResourceList(apiVersion) : undefined;
}

async function serveRoot(exchange: Exchange, isCore: boolean): Promise<void> {
  const version = aggregatedVersion(exchange.header('accept') ?? '*/*');
  if (version === undefined) {
    const host = exchange.header(':authority') ?? exchange.header('host') ?? '';
    await exchange.sendJson(200, isCore ? apiVersions(host) : apiGroupList());
    return;
  }
  await exchange.send(
    200,
    `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
    JSON.stringify(aggregatedDiscovery(isCore, version)),
  );
}

/** The version of aggregated discovery that the client prefers; undefined when it prefers, or only knows, the older form. */
function aggregatedVersion(accept: string): string | undefined {
  for (const { type, parameters } of parseAccept(accept)) {
    if (type !== 'application/json' && type !== '*/*' && type !== 'application/*') continue;
    if (parameters.get('as') === undefined) return undefined;
    const version = parameters.get('v') ?? '';
    const isAggregated =
      parameters.get('as') === 'APIGroupDiscoveryList' && parameters.get('g') === 'apidiscovery.k8s.io';
    if (isAggregated && (version === 'v2' || version === 'v2beta1')) return version;
  }
  throw new StatusError('NotAcceptable', 'only the following media types are accepted: application/json');
}
