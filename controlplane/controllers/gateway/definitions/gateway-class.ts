import {
  conditions,
  controllerName,
  group,
  kind,
  kubernetesObject,
  listBy,
  namespace,
  object,
  pending,
  rule,
  text,
} from './schema.ts';

/** gateway.networking.k8s.io/v1 GatewayClass. */
export const gatewayClassSchema = kubernetesObject(
  object(
    {
      controllerName: controllerName({
        'x-kubernetes-validations': [rule('self == oldSelf', 'Value is immutable')],
      }),
      description: text({ maxLength: 64 }),
      parametersRef: object(
        {
          group: group(),
          kind: kind(),
          name: text({ minLength: 1, maxLength: 253 }),
          namespace: namespace(),
        },
        ['group', 'kind', 'name'],
      ),
    },
    ['controllerName'],
  ),
  object(
    {
      conditions: conditions({ default: pending('Accepted') }),
      supportedFeatures: listBy(['name'], object({ name: text() }, ['name']), 64),
    },
    [],
    { default: { conditions: pending('Accepted') } },
  ),
);
