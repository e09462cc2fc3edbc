import { apiVersionOf, type KubeObject, type Resource } from '#api/resources.ts';
import { eventsV1Conversion } from './event.ts';
import { autoscalingV1Conversion } from './horizontal-pod-autoscaler.ts';
import type { Conversion } from './versions.ts';

/** Between built-in versions nobody is asked. */
export interface BuiltInConversion extends Conversion {
  fromStorage(objects: readonly KubeObject[]): readonly KubeObject[];
  toStorage(object: KubeObject): KubeObject;
}

const CONVERSIONS: { readonly [versionAndKind: string]: BuiltInConversion } = {
  'autoscaling/v1/HorizontalPodAutoscaler': autoscalingV1Conversion,
  'events.k8s.io/v1/Event': eventsV1Conversion,
};

/** Of the built-in kinds that are served in several versions. */
export const builtInConversion = (resource: Resource): BuiltInConversion | undefined =>
  CONVERSIONS[`${apiVersionOf(resource)}/${resource.kind}`];
