import { apiVersionOf, type KubeObject, type Resource } from '#api/resources.ts';
import type { WebhookClient } from '../../webhooks/webhook-client.ts';
import { andThen, type MaybePromise } from '../maybe-promise.ts';
import type { Conversion, ConversionSource } from '../versions/versions.ts';
import { schemaOf } from './decode-custom.ts';
import { applyDefaults } from './schema/defaults.ts';
import { prune } from './schema/prune.ts';
import { customStrategy } from './strategy.ts';
import { convertByWebhook } from './webhook-conversion.ts';

/** The conversions between the versions of custom resources. `storageOf` gives the version in which a resource's objects are kept. */
export function customConversions(
  webhooks: WebhookClient,
  storageOf: (resource: Resource) => Resource,
): ConversionSource {
  const made = new WeakMap<Resource, Conversion>();
  return (resource) => {
    if (resource.custom === undefined) return undefined;
    const conversion = made.get(resource) ?? conversionBetween(resource, storageOf(resource), webhooks);
    made.set(resource, conversion);
    return conversion;
  };
}

function conversionBetween(resource: Resource, storage: Resource, webhooks: WebhookClient): Conversion {
  const { selectableFields } = customStrategy(resource.custom!);
  const convert = (objects: readonly KubeObject[], wanted: Resource): MaybePromise<readonly KubeObject[]> => {
    const others = objects.filter(({ apiVersion }) => apiVersion !== apiVersionOf(wanted));
    const shown = (object: KubeObject): KubeObject => defaulted(object, wanted);
    if (others.length === 0) return objects.map(shown);
    return andThen(converted(others, wanted, webhooks), (all) => {
      const made = new Map(all.map((one, at) => [others[at]!, fitted(one, wanted)]));
      return objects.map((object) => made.get(object) ?? shown(object));
    });
  };
  return {
    fromStorage: (objects) => convert(objects, resource),
    toStorage: (object) => andThen(convert([object], storage), ([one]) => one!),
    ...(selectableFields === undefined ? {} : { selectableFields }),
  };
}

/** By the strategy None only the apiVersion changes. */
function converted(
  objects: readonly KubeObject[],
  wanted: Resource,
  webhooks: WebhookClient,
): MaybePromise<KubeObject[]> {
  const { conversion } = wanted;
  if (conversion?.strategy === 'Webhook') return convertByWebhook(webhooks, conversion, objects, wanted);
  const apiVersion = apiVersionOf(wanted);
  return objects.map(({ metadata, ...rest }) => ({
    ...structuredClone(rest),
    apiVersion,
    kind: rest.kind,
    metadata,
  }));
}

/** With the defaults that the version got after the object was kept. */
function defaulted(object: KubeObject, resource: Resource): KubeObject {
  if (resource.defaultsOnRead !== true) return object;
  const { apiVersion, kind, metadata, ...rest } = object;
  const made: KubeObject = { apiVersion, kind, metadata, ...structuredClone(rest) };
  applyDefaults(made, schemaOf(resource));
  return made;
}

/** Without what the version does not know, and with its defaults. */
function fitted(object: KubeObject, resource: Resource): KubeObject {
  prune(object, schemaOf(resource), true);
  applyDefaults(object, schemaOf(resource));
  return object;
}
