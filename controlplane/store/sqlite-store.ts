import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { MemoryStore, type Journal } from './memory-store.ts';
import type { Key, Store, StoreEvent } from './store.ts';

/** `podl`, in the header of the file, so that no other SQLite database is taken for a store. */
const APPLICATION_ID = 0x706f_646c;
const SCHEMA_VERSION = 1;

const SCHEMA = `
  CREATE TABLE objects (
    resource TEXT NOT NULL,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    revision INTEGER NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (resource, namespace, name)
  ) WITHOUT ROWID;
  CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL);
  INSERT INTO state VALUES (1, 0);
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

/**
 * Opens the store in the SQLite file `path`, which is made when absent. Throws when the file is in use, damaged, of another application, or
 * of a newer podlab.
 */
export async function openStore(options: {
  path: string;
  onWatcherError?: (error: unknown) => void;
}): Promise<Store> {
  const { path, ...rest } = options;
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path);
    return new MemoryStore({ ...rest, journal: openJournal(database) });
  } catch (error) {
    database?.close();
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`cannot open the store ${path}: ${explain(reason)}`, { cause: error });
  }
}

function openJournal(database: DatabaseSync): Journal {
  // A second process would not see the first one's writes: it must not open the file at all.
  database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  migrate(database);
  const write = prepareWrites(database);
  return {
    entries: readEntries(database),
    revision: readNumber(database, 'SELECT revision FROM state'),
    append: (events) => appendAll(database, write, events),
    close: () => database.close(),
  };
}

const explain = (reason: string): string =>
  reason === 'database is locked' ? 'another process has it open' : reason;

function migrate(database: DatabaseSync): void {
  const isNew = readNumber(database, 'SELECT count(*) FROM sqlite_schema') === 0;
  if (isNew) {
    database.exec(`BEGIN; ${SCHEMA} COMMIT`);
    return;
  }
  if (readNumber(database, 'PRAGMA application_id') !== APPLICATION_ID) {
    throw new Error('it is a database of another application');
  }
  const version = readNumber(database, 'PRAGMA user_version');
  if (version !== SCHEMA_VERSION) {
    throw new Error(
      `its schema has version ${version}, and this podlab knows version ${SCHEMA_VERSION}: ` +
        'run the podlab that wrote it, or start with an empty state directory',
    );
  }
}

function readNumber(database: DatabaseSync, sql: string): number {
  return Number(Object.values(database.prepare(sql).get() ?? {})[0]);
}

function* readEntries(database: DatabaseSync): Iterable<{ key: Key; json: string; revision: number }> {
  const rows = database.prepare('SELECT resource, namespace, name, revision, json FROM objects').iterate();
  for (const row of rows) {
    const { resource, namespace, name, revision, json } = row as {
      resource: string;
      namespace: string;
      name: string;
      revision: number;
      json: string;
    };
    yield { key: { resource, namespace, name }, json, revision };
  }
}

interface Writes {
  readonly put: StatementSync;
  readonly remove: StatementSync;
  readonly setRevision: StatementSync;
}

const prepareWrites = (database: DatabaseSync): Writes => ({
  put: database.prepare('INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?)'),
  remove: database.prepare('DELETE FROM objects WHERE resource = ? AND namespace = ? AND name = ?'),
  setRevision: database.prepare('UPDATE state SET revision = ?'),
});

function appendAll(database: DatabaseSync, write: Writes, events: readonly StoreEvent[]): void {
  database.exec('BEGIN');
  for (const { type, key, entry } of events) {
    const { resource, namespace, name } = key;
    if (type === 'DELETED') write.remove.run(resource, namespace, name);
    else write.put.run(resource, namespace, name, entry.revision, entry.json);
  }
  write.setRevision.run(events.at(-1)!.entry.revision);
  database.exec('COMMIT');
}
