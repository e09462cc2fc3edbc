import { atomicList, group, kind, kubernetesObject, namespace, object, objectName } from './schema.ts';

/** gateway.networking.k8s.io ReferenceGrant, the same as v1beta1 and v1. */
export const referenceGrantSchema = kubernetesObject(
  object(
    {
      from: atomicList(
        object({ group: group(), kind: kind(), namespace: namespace() }, ['group', 'kind', 'namespace']),
        16,
        { minItems: 1 },
      ),
      to: atomicList(object({ group: group(), kind: kind(), name: objectName() }, ['group', 'kind']), 16, {
        minItems: 1,
      }),
    },
    ['from', 'to'],
  ),
  undefined,
  [],
);
