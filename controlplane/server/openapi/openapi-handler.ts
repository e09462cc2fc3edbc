import type { Exchange } from '../exchange.ts';
import { StatusError } from '#api/status.ts';
import { parseAccept } from '../media-type.ts';
import { type Document, openApiDocuments } from './documents.ts';

const ROOT = '/openapi/v3';
const YEAR_SECONDS = 365 * 24 * 60 * 60;

/** Serves `/openapi/v3` and the documents below it (KEP-2896); false for any other path. */
export async function serveOpenApi(exchange: Exchange): Promise<boolean> {
  const { path } = exchange;
  if (path !== ROOT && !path.startsWith(`${ROOT}/`)) return false;
  requireJson(exchange.header('accept') ?? '*/*');
  const documents = await openApiDocuments();
  const name = path.slice(ROOT.length + 1).replace(/\/$/, '');
  if (name === '') {
    await exchange.send(200, 'application/json', JSON.stringify({ paths: index(documents) }));
    return true;
  }
  const document = documents.get(name);
  if (document === undefined) return false;
  await serveDocument(exchange, name, document);
  return true;
}

function requireJson(accept: string): void {
  const isTaken = parseAccept(accept).some(({ type }) =>
    ['application/json', 'application/*', '*/*'].includes(type),
  );
  if (!isTaken) {
    throw new StatusError('NotAcceptable', 'only the following media types are accepted: application/json');
  }
}

const urlOf = (name: string, { hash }: Document): string => `${ROOT}/${name}?hash=${hash}`;

const index = (documents: ReadonlyMap<string, Document>): object =>
  Object.fromEntries(
    [...documents].map(([name, document]) => [name, { serverRelativeURL: urlOf(name, document) }]),
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
