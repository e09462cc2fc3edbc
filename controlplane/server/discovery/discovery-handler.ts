import { createHash } from 'node:crypto';
import { StatusError } from '#api/status.ts';
import type { AggregatedVersion } from '../../aggregation/aggregation.ts';
import type { Catalog } from '../../registry/catalog.ts';
import type { Exchange } from '../exchange.ts';
import { PROTOBUF, negotiateOutput, parseAccept } from '../media-type.ts';
import { sendValue } from '../object-encoding.ts';
import { aggregatedDiscovery } from './aggregated.ts';
import { type AggregatedGroup, aggregatedGroups, groupDiscovery, legacyGroup } from './aggregation.ts';
import { apiGroup, apiGroupList, apiVersions, groupVersions, servedGroups } from './groups.ts';
import { apiResourceList } from './resource-list.ts';

/** Serves `/api`, `/apis`, `/apis/GROUP` and `/…/VERSION`; false when the path is none that exists. */
export async function serveDiscovery(
  exchange: Exchange,
  catalog: Catalog,
  others: readonly AggregatedVersion[],
): Promise<boolean> {
  // A group of which one version is built in or custom is that one's: no group has two owners here.
  const known = new Set(servedGroups(catalog).map(({ name }) => name));
  const foreign = aggregatedGroups(others).filter(({ name }) => !known.has(name));
  const parts = exchange.path.split('/').filter((part) => part !== '');
  if (parts[0] !== 'api' && parts[0] !== 'apis') return false;
  if (parts.length === 1) {
    await serveRoot(exchange, catalog, parts[0] === 'api', foreign);
    return true;
  }
  const document =
    parts[0] === 'api' ? ofCore(catalog, parts.slice(1)) : ofGroup(catalog, foreign, parts.slice(1));
  if (document === undefined) return false;
  await sendLegacy(exchange, document);
  return true;
}

function ofCore(catalog: Catalog, parts: readonly string[]): object | undefined {
  return parts.length === 1 && parts[0] === 'v1' ? apiResourceList(catalog, 'v1') : undefined;
}

function ofGroup(
  catalog: Catalog,
  foreign: readonly AggregatedGroup[],
  [group = '', version, ...rest]: readonly string[],
): object | undefined {
  if (rest.length > 0) return undefined;
  if (version === undefined) {
    const other = foreign.find(({ name }) => name === group);
    if (other !== undefined) return { kind: 'APIGroup', apiVersion: 'v1', ...legacyGroup(other) };
    return apiGroup(catalog, group);
  }
  const apiVersion = `${group}/${version}`;
  return groupVersions(catalog).includes(apiVersion) ? apiResourceList(catalog, apiVersion) : undefined;
}

async function serveRoot(
  exchange: Exchange,
  catalog: Catalog,
  isCore: boolean,
  foreign: readonly AggregatedGroup[],
): Promise<void> {
  const version = aggregatedVersion(exchange.header('accept') ?? '*/*');
  if (version === undefined) {
    const host = exchange.header(':authority') ?? exchange.header('host') ?? '';
    await sendLegacy(exchange, isCore ? apiVersions(host) : apiGroupList(catalog, foreign.map(legacyGroup)));
    return;
  }
  const body = JSON.stringify(
    aggregatedDiscovery(catalog, isCore, version, isCore ? [] : foreign.map(groupDiscovery)),
  );
  const headers = { etag: etagOf(body), vary: 'Accept' };
  if (exchange.header('if-none-match') === headers.etag) {
    exchange.writeHead(304, headers);
    exchange.response.end();
    return;
  }
  const type = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
  await exchange.send(200, type, body, headers);
}

/** What is not aggregated has a form in protobuf too. */
function sendLegacy(exchange: Exchange, document: object): Promise<void> {
  const output = negotiateOutput(exchange.header('accept'), { transforms: [], hasProtobuf: true });
  return sendValue(exchange, output, 200, document);
}

/** A strong ETag, as apiserver's `CalculateETag`: SHA-512 in capitals. */
const etagOf = (body: string): string => `"${createHash('sha512').update(body).digest('hex').toUpperCase()}"`;

const ONLY_LEGACY: ReadonlySet<string> = new Set([PROTOBUF, 'application/yaml']);
const ACCEPTED: ReadonlySet<string> = new Set([...ONLY_LEGACY, 'application/json', 'application/*', '*/*']);

/** The version of aggregated discovery that the client prefers; undefined when it prefers, or only knows, the older form. */
function aggregatedVersion(accept: string): string | undefined {
  for (const { type, parameters } of parseAccept(accept)) {
    if (!ACCEPTED.has(type)) continue;
    if (parameters.get('as') === undefined) return undefined;
    if (ONLY_LEGACY.has(type)) continue;
    const version = parameters.get('v') ?? '';
    const isAggregated =
      parameters.get('as') === 'APIGroupDiscoveryList' && parameters.get('g') === 'apidiscovery.k8s.io';
    if (isAggregated && (version === 'v2' || version === 'v2beta1')) return version;
  }
  throw new StatusError('NotAcceptable', 'only the following media types are accepted: application/json');
}
