import { deepEqual } from '#api/equal.ts';
import type { Kinds } from '#api/resources.ts';
import { forbidden, type FieldError } from '#api/status.ts';
import type { StatusStrategy } from '../strategies/strategy.ts';
import { differences } from './differences.ts';

type Pod = Kinds['pods'];

const PATH = 'spec.ephemeralContainers';

/** `pods/NAME/ephemeralcontainers`: containers are added to a Pod, and nothing else of it changes (`podEphemeralContainersStrategy`). */
export const ephemeralContainersStrategy: StatusStrategy<Pod> = {
  prepareForUpdate(pod, old) {
    const wanted = pod.spec?.ephemeralContainers;
    pod.spec = { ...old.spec!, ...(wanted === undefined ? {} : { ephemeralContainers: wanted }) };
    if (wanted === undefined) delete pod.spec.ephemeralContainers;
    if (old.status !== undefined) pod.status = old.status;
  },
  validateUpdate: validateAdditions,
};

/** `ValidatePodEphemeralContainersUpdate`. */
function validateAdditions(pod: Pod, old: Pod): FieldError[] {
  const now = new Map(pod.spec?.ephemeralContainers?.map((one) => [one.name, one]));
  return (old.spec?.ephemeralContainers ?? []).flatMap((before) => {
    const one = now.get(before.name);
    const name = JSON.stringify(before.name);
    if (one === undefined)
      return [forbidden(PATH, `existing ephemeral containers ${name} may not be removed\n`)];
    if (deepEqual(one, before)) return [];
    const changes = differences(before, one, PATH).join('\n');
    return [forbidden(PATH, `existing ephemeral containers ${name} may not be changed\n${changes}\n`)];
  });
}
