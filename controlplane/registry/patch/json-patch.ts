import { deepEqual } from '#api/equal.ts';

/**
 * JSON Patch (RFC 6902) as the library that Kubernetes uses (evanphx/json-patch v4) has it: indexes may count from the end, `replace` sets a field
 * that is not there, and a value that is left out is null.
 */

/** An operation that cannot be applied; the message is the library's. */
export class JsonPatchError extends Error {}

/** A `test` finds another value. */
export class FailedTest extends JsonPatchError {}

/** The copies of a patch grow beyond `MAX_COPIED_BYTES`. */
export class CopyLimitError extends Error {}

/** Copies of copies grow without bound (k8s.io/apiserver's `MaxRequestBodyBytes`). */
const MAX_COPIED_BYTES = 3 * 1024 * 1024;

type PlainObject = { [key: string]: unknown };
type Container = PlainObject | unknown[];

/** The patched copy of `object`. Throws a `JsonPatchError` or a `CopyLimitError`. */
export function jsonPatch(object: object, operations: readonly unknown[]): unknown {
  return new JsonPatching(object).apply(operations);
}

const isContainer = (value: unknown): value is Container => typeof value === 'object' && value !== null;

class JsonPatching {
  #root: Container;
  #copied = 0;

  constructor(object: object) {
    this.#root = structuredClone(object) as Container;
  }

  apply(operations: readonly unknown[]): unknown {
    for (const operation of operations) this.#applyOne((operation ?? {}) as PlainObject);
    return this.#root;
  }

  #applyOne(operation: PlainObject): void {
    switch (operation['op']) {
      case 'add':
        return this.#add(operation);
      case 'remove':
        return this.#remove(operation);
      case 'replace':
        return this.#replace(operation);
      case 'move':
        return this.#move(operation);
      case 'copy':
        return this.#copy(operation);
      case 'test':
        return this.#test(operation);
      default: {
        const kind = typeof operation['op'] === 'string' ? operation['op'] : 'unknown';
        throw new JsonPatchError(`Unexpected kind: ${kind}`);
      }
    }
  }

  #add(operation: PlainObject): void {
    const path = pathOf(operation, 'path');
    const at = this.#find(path) ?? missing(`add operation does not apply: doc is missing path: "${path}"`);
    within(`error in add for path: '${path}'`, () => insert(at, valueOf(operation)));
  }

  #remove(operation: PlainObject): void {
    const path = pathOf(operation, 'path');
    const at = this.#find(path) ?? missing(`remove operation does not apply: doc is missing path: "${path}"`);
    within(`error in remove for path: '${path}'`, () => remove(at));
  }

  #replace(operation: PlainObject): void {
    const path = pathOf(operation, 'path');
    const value = valueOf(operation);
    if (path === '') {
      if (!isContainer(value)) throw new JsonPatchError('replace operation value must be object or array');
      this.#root = value;
      return;
    }
    const at = this.#find(path) ?? missing(`replace operation does not apply: doc is missing path: ${path}`);
    if (Array.isArray(at.in) && indexIn(at.in, at.key) === undefined) {
      missing(`replace operation does not apply: doc is missing key: ${path}`);
    }
    set(at, value);
  }

  #move(operation: PlainObject): void {
    const from = pathOf(operation, 'from');
    const source =
      this.#find(from) ?? missing(`move operation does not apply: doc is missing from path: ${from}`);
    const value = within(`error in move for path: '${source.key}'`, () => {
      const found = get(source);
      remove(source);
      return found;
    });
    const path = pathOf(operation, 'path');
    const at =
      this.#find(path) ?? missing(`move operation does not apply: doc is missing destination path: ${path}`);
    within(`error in move for path: '${path}'`, () => insert(at, value));
  }

  #copy(operation: PlainObject): void {
    const from = pathOf(operation, 'from');
    const source =
      this.#find(from) ?? missing(`copy operation does not apply: doc is missing from path: ${from}`);
    const value = within(`error in copy for from: '${from}'`, () => get(source));
    const path = pathOf(operation, 'path');
    const at =
      this.#find(path) ?? missing(`copy operation does not apply: doc is missing destination path: ${path}`);
    this.#copied += JSON.stringify(value).length;
    if (this.#copied > MAX_COPIED_BYTES) {
      throw new CopyLimitError(
        `Unable to complete the copy, the accumulated size increase is ${this.#copied}, exceeding the limit ${MAX_COPIED_BYTES}`,
      );
    }
    within('error while adding value during copy', () => insert(at, structuredClone(value)));
  }

  #test(operation: PlainObject): void {
    const path = pathOf(operation, 'path');
    const found = path === '' ? this.#root : this.#tested(path);
    if (!deepEqual(found, operation['value'] ?? null)) {
      throw new FailedTest(`testing value ${path} failed: test failed`);
    }
  }

  #tested(path: string): unknown {
    const at = this.#find(path) ?? missing(`test operation does not apply: is missing path: ${path}`);
    return within(`error in test for path: '${path}'`, () => get(at));
  }

  /** Undefined when there is nothing that could hold what the path names. */
  #find(path: string): Place | undefined {
    const keys = path.split('/').slice(1).map(decoded);
    const key = keys.pop();
    if (key === undefined) return undefined;
    let container: Container = this.#root;
    for (const one of keys) {
      const next = found({ in: container, key: one });
      if (!isContainer(next)) return undefined;
      container = next;
    }
    return { in: container, key };
  }
}

interface Place {
  readonly in: Container;
  readonly key: string;
}

const decoded = (key: string): string => key.replaceAll('~1', '/').replaceAll('~0', '~');

function missing(problem: string): never {
  throw new JsonPatchError(`${problem}: missing value`);
}

function within<T>(where: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof JsonPatchError)) throw error;
    throw new JsonPatchError(`${where}: ${error.message}`);
  }
}

function pathOf(operation: PlainObject, field: 'path' | 'from'): string {
  const path = operation[field];
  if (typeof path === 'string') return path;
  return missing(`${String(operation['op'])} operation failed to decode ${field}`);
}

const valueOf = (operation: PlainObject): unknown => structuredClone(operation['value'] ?? null);

const INDEX = /^[+-]?\d+$/;

/** Undefined when the list has no such item. */
function indexIn(list: readonly unknown[], key: string, extra = 0): number | undefined {
  if (!INDEX.test(key)) return undefined;
  const given = Number(key);
  const size = list.length + extra;
  const index = given < 0 ? given + size : given;
  return index >= 0 && index < size ? index : undefined;
}

function indexOr(list: readonly unknown[], key: string, extra = 0): number {
  if (!INDEX.test(key)) {
    throw new JsonPatchError(`strconv.Atoi: parsing ${JSON.stringify(key)}: invalid syntax`);
  }
  const index = indexIn(list, key, extra);
  if (index !== undefined) return index;
  throw new JsonPatchError(`Unable to access invalid index: ${Number(key)}: invalid index referenced`);
}

const found = ({ in: container, key }: Place): unknown => {
  if (!Array.isArray(container)) return Object.hasOwn(container, key) ? container[key] : undefined;
  const index = indexIn(container, key);
  return index === undefined ? undefined : container[index];
};

const get = (place: Place): unknown => {
  if (Array.isArray(place.in)) return place.in[indexOr(place.in, place.key)];
  return found(place) ?? null;
};

function set({ in: container, key }: Place, value: unknown): void {
  if (Array.isArray(container)) container[indexOr(container, key)] = value;
  // A plain assignment of `__proto__` would change the object's prototype.
  else Object.defineProperty(container, key, { value, enumerable: true, configurable: true, writable: true });
}

function insert(place: Place, value: unknown): void {
  if (!Array.isArray(place.in)) set(place, value);
  else if (place.key === '-') place.in.push(value);
  else place.in.splice(indexOr(place.in, place.key, 1), 0, value);
}

function remove({ in: container, key }: Place): void {
  if (Array.isArray(container)) {
    container.splice(indexOr(container, key), 1);
  } else if (Object.hasOwn(container, key)) {
    delete container[key];
  } else {
    throw new JsonPatchError(`Unable to remove nonexistent key: ${key}: missing value`);
  }
}
