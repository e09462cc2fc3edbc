import { apiVersionOf, type Resource } from '#api/resources.ts';
import { eventsV1Conversion } from './event.ts';
import { autoscalingV1Conversion } from './horizontal-pod-autoscaler.ts';
import type { Conversion } from './versions.ts';

const CONVERSIONS: { readonly [versionAndKind: string]: Conversion } = {
  'autoscaling/v1/HorizontalPodAutoscaler': autoscalingV1Conversion,
  'events.k8s.io/v1/Event': eventsV1Conversion,
};

/** Of the built-in kinds that are served in several versions. */
export const builtInConversion = (resource: Resource): Conversion | undefined =>
  CONVERSIONS[`${apiVersionOf(resource)}/${resource.kind}`];
