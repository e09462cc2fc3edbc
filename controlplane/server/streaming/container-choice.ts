import type { Kinds } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';

type Pod = Kinds['pods'];

const names = (containers: readonly { name: string }[] | undefined): string[] =>
  (containers ?? []).map(({ name }) => name);

/**
 * The container that a request is about: the one that it names, or the only one. Throws 400 as `validateContainer` in Kubernetes'
 * `pkg/registry/core/pod/strategy.go` does.
 */
export function chooseContainer(pod: Pod, asked: string): string {
  const containers = names(pod.spec?.containers);
  const initContainers = names(pod.spec?.initContainers);
  const podName = pod.metadata.name;
  if (asked !== '') {
    if ([...containers, ...initContainers, ...names(pod.spec?.ephemeralContainers)].includes(asked))
      return asked;
    throw StatusError.badRequest(`container ${asked} is not valid for pod ${podName}`);
  }
  const [only] = containers;
  if (only === undefined)
    throw StatusError.badRequest(`a container name must be specified for pod ${podName}`);
  if (containers.length === 1) return only;
  const choices = `choose one of: [${containers.join(' ')}]`;
  const inits =
    initContainers.length === 0 ? '' : ` or one of the init containers: [${initContainers.join(' ')}]`;
  throw StatusError.badRequest(`a container name must be specified for pod ${podName}, ${choices}${inits}`);
}
