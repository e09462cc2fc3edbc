import type { Resource } from '#api/resources.ts';
import type { Entry } from '../../store/store.ts';
import { checkNamespace } from '../create.ts';
import { decodeObject, type Draft } from '../decode/decode.ts';
import type { MaybePromise } from '../maybe-promise.ts';
import type { NamedTarget, Registry, Target, WriteOptions } from '../registry.ts';
import { checkName } from '../update.ts';
import { convertedEvents } from './versioned-watch.ts';
import type { Conversion, Versions } from './versions.ts';

/**
 * Serves kinds in other versions than the one in which `inner` keeps them. Requests for the kept version go straight through.
 *
 * `inner` must apply patches to the version that the target names (`patchObject` does), and select by its field selectors.
 */
export function versionedRegistry(inner: Registry, versions: Versions): Registry {
  const one = async (conversion: Conversion, entry: Entry): Promise<Entry> =>
    isOther(entry) ? entry : (await versions.convert(conversion, [entry]))[0]!;
  return {
    catalog: inner.catalog,
    create: async (target, body, options) => {
      const conversion = conversionFor(versions, target);
      if (conversion === undefined) return inner.create(target, body, options);
      const draft = decodeObject(target.resource, body, options);
      checkNamespace(target, draft);
      const object = await conversion.toStorage(draft);
      const stored = { ...target, resource: versions.storageOf(target.resource) };
      return one(conversion, await inner.create(stored, object, decoded(options, target.resource)));
    },
    get: async (target) => {
      const conversion = viewFor(versions, target);
      if (conversion === undefined) return inner.get(target);
      return one(conversion, await inner.get(inStorage(versions, target)));
    },
    list: async (target, options) => {
      const conversion = versions.viewOf(target.resource);
      const listed = await inner.list(target, options);
      if (conversion === undefined) return listed;
      return { ...listed, entries: await versions.convert(conversion, listed.entries) };
    },
    watch: (target, options, on) => {
      const conversion = versions.viewOf(target.resource);
      if (conversion === undefined) return inner.watch(target, options, on);
      const convert = (entry: Entry): MaybePromise<Entry> => {
        const converted = versions.convert(conversion, [entry]);
        return converted instanceof Promise ? converted.then(([made]) => made!) : converted[0]!;
      };
      return inner.watch(target, options, convertedEvents(convert, on));
    },
    update: async (target, body, options) => {
      const conversion = conversionFor(versions, target);
      if (conversion === undefined) return inner.update(target, body, options);
      const draft: Draft = decodeObject(target.resource, body, options);
      checkNamespace(target, draft);
      checkName(target, draft);
      const object = await conversion.toStorage(draft);
      const { entry, created } = await inner.update(
        inStorage(versions, target),
        object,
        decoded(options, target.resource),
      );
      return { entry: await one(conversion, entry), created };
    },
    patch: async (target, patch, options) => {
      const conversion = conversionFor(versions, target);
      const { entry, created } = await inner.patch(
        target,
        patch,
        conversion === undefined ? options : { ...options, requestedAs: target.resource },
      );
      return { entry: conversion === undefined ? entry : await one(conversion, entry), created };
    },
    delete: async (target, options, write) => {
      const conversion = versions.conversionOf(target.resource);
      if (conversion === undefined) return inner.delete(target, options, write);
      const { entry, gone } = await inner.delete(inStorage(versions, target), options, {
        ...write,
        requestedAs: target.resource,
      });
      return { entry: await one(conversion, entry), gone };
    },
    deleteCollection: async (target, list, options, write) => {
      const conversion = versions.conversionOf(target.resource);
      const listed = await inner.deleteCollection(target, list, options, write);
      if (conversion === undefined) return listed;
      return { ...listed, entries: await versions.convert(conversion, listed.entries) };
    },
    connect: (target, options, write) => inner.connect(target, options, write),
  };
}

/** A Scale is the same whatever version the object is asked for in; the status is part of the object. */
const conversionFor = (
  versions: Versions,
  { resource, subresource }: Target & Partial<NamedTarget>,
): Conversion | undefined => (isWhole(subresource) ? versions.conversionOf(resource) : undefined);

const viewFor = (
  versions: Versions,
  { resource, subresource }: Target & Partial<NamedTarget>,
): Conversion | undefined => (isWhole(subresource) ? versions.viewOf(resource) : undefined);

const isWhole = (subresource: NamedTarget['subresource']): boolean =>
  subresource === undefined || subresource === 'status';

const inStorage = (versions: Versions, target: NamedTarget): NamedTarget => ({
  ...target,
  resource: versions.storageOf(target.resource),
});

/** Strict decoding has named what is wrong with the body already. */
const decoded = (options: WriteOptions, requestedAs: Resource): WriteOptions => ({
  ...options,
  fieldValidation: 'Ignore',
  duplicateFields: [],
  requestedAs,
});

/** A Status in the place of the object. */
const isOther = ({ object }: Entry): boolean => object.kind === 'Status' && object.apiVersion === 'v1';
