import type { Toleration } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import type { AdmissionPlugin } from '../admission.ts';

type Pod = Kinds['pods'];

export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  admit({ operation, resource, subresource, object }, tools) {
    const isPod = resource.storage === 'pods' && subresource === undefined;
    const isWritten = operation === 'CREATE' || operation === 'UPDATE';
    if (isPod && isWritten) addTolerations(object as unknown as Pod, tools.config.evictionSeconds);
  },
};

const NODE_TROUBLE = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

/** plugin/pkg/admission/defaulttolerationseconds: an update that leaves them out gets them again. */
function addTolerations(pod: Pod, seconds: number): void {
  const spec = pod.spec!;
  const given = spec.tolerations ?? [];
  const added = NODE_TROUBLE.filter((key) => !given.some((one) => tolerates(one, key))).map((key) => ({
    key,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: seconds,
  }));
  if (added.length > 0) spec.tolerations = [...given, ...added];
}

const tolerates = (toleration: Toleration, key: string): boolean =>
  (toleration.key === key || !toleration.key) && (toleration.effect === 'NoExecute' || !toleration.effect);
