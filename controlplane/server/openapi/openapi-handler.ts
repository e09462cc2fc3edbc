import type { AggregatedVersion } from '../../aggregation/aggregation.ts';
import type { Catalog } from '../../registry/catalog.ts';
import type { Exchange } from '../exchange.ts';
import { StatusError } from '#api/status.ts';
import { parseAccept } from '../media-type.ts';
import { type Document, openApiDocuments, openApiV2Document, openApiV2Json } from './documents.ts';

const ROOT = '/openapi/v3';
const YEAR_SECONDS = 365 * 24 * 60 * 60;

const JSON_TYPES: readonly [string, ...string[]] = ['application/json', 'application/*', '*/*'];
const V2_ACCEPTED = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
const V2_SENT = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

/** Serves `/openapi/v3`, the documents below it (KEP-2896), and `/openapi/v2`; false for any other path. */
export async function serveOpenApi(
  exchange: Exchange,
  catalog: Catalog,
  others: readonly AggregatedVersion[],
): Promise<boolean> {
  const { path } = exchange;
  if (path === '/openapi/v2') {
    await serveV2(exchange, catalog);
    return true;
  }
  if (path !== ROOT && !path.startsWith(`${ROOT}/`)) return false;
  requireType(exchange, JSON_TYPES);
  const documents = await openApiDocuments(catalog);
  const name = path.slice(ROOT.length + 1).replace(/\/$/, '');
  if (name === '') {
    await exchange.send(
      200,
      'application/json',
      JSON.stringify({ paths: { ...index(documents), ...indexOfOthers(others) } }),
    );
    return true;
  }
  const document = documents.get(name);
  if (document === undefined) return false;
  await serveDocument(exchange, name, document);
  return true;
}

/** In protobuf, the only form that kubectl before 1.29 takes, or as JSON. */
async function serveV2(exchange: Exchange, catalog: Catalog): Promise<void> {
  requireType(exchange, [...JSON_TYPES, V2_ACCEPTED, V2_SENT]);
  const [best] = parseAccept(exchange.header('accept') ?? '*/*').filter(
    ({ type }) => type === V2_ACCEPTED || type === V2_SENT || JSON_TYPES.includes(type),
  );
  const isJson = best === undefined || JSON_TYPES.includes(best.type);
  if (isJson) await exchange.send(200, 'application/json', await openApiV2Json(catalog));
  else await exchange.send(200, V2_SENT, await openApiV2Document(catalog));
}

/** Throws 406 unless the client takes one of the types, of which the first is what is served. */
function requireType(exchange: Exchange, types: readonly [string, ...string[]]): void {
  const accepted = parseAccept(exchange.header('accept') ?? '*/*');
  if (!accepted.some(({ type }) => types.includes(type))) {
    throw new StatusError('NotAcceptable', `only the following media types are accepted: ${types[0]}`);
  }
}

const urlOf = (name: string, { hash }: Document): string => `${ROOT}/${name}?hash=${hash}`;

const index = (documents: ReadonlyMap<string, Document>): object =>
  Object.fromEntries(
    [...documents].map(([name, document]) => [name, { serverRelativeURL: urlOf(name, document) }]),
  );

/** Documents of other servers, which answer for them themselves. */
const indexOfOthers = (others: readonly AggregatedVersion[]): object =>
  Object.fromEntries(
    others
      .filter(({ isAvailable }) => isAvailable)
      .map(({ group, version }) => [
        `apis/${group}/${version}`,
        { serverRelativeURL: `${ROOT}/apis/${group}/${version}` },
      ]),
  );

/** With the right hash in its URL a document may be cached for ever; with another one the client is sent to the right one. */
async function serveDocument(exchange: Exchange, name: string, document: Document): Promise<void> {
  const asked = exchange.query.get('hash');
  if (asked !== null && asked !== document.hash) {
    await exchange.send(301, 'text/html; charset=utf-8', '', { location: urlOf(name, document) });
    return;
  }
  const headers = {
    etag: `"${document.hash}"`,
    vary: 'Accept, Accept-Encoding',
    ...(asked === null ? {} : { 'cache-control': 'public, immutable', expires: inAYear() }),
  };
  if (exchange.header('if-none-match') === headers.etag) {
    exchange.writeHead(304, headers);
    exchange.response.end();
    return;
  }
  await exchange.send(200, 'application/json', document.json, headers);
}

const inAYear = (): string => new Date(Date.now() + YEAR_SECONDS * 1000).toUTCString();
