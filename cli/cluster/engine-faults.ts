/** What goes wrong with a Docker engine, in words that say what to do. */
import { messageOf, UserError } from '../errors.ts';

/** The same fault as one clear line, where it is one that people meet; else the fault itself. */
export function explain(error: unknown): unknown {
  const message = messageOf(error);
  const code = (error as { code?: string } | null)?.code;
  const known = byCode(code) ?? byMessage(message);
  return known === undefined ? error : new UserError(known);
}

function byCode(code: string | undefined): string | undefined {
  switch (code) {
    case 'ENOENT':
    case 'ECONNREFUSED':
      return 'the Docker engine does not answer: is it installed and running? (docker info)';
    case 'EACCES':
    case 'EPERM':
      return 'no permission to use the Docker engine: run as root, or join the group docker (sudo usermod -aG docker $USER) and log in again';
    default:
      return undefined;
  }
}

/** Another container has the name already that a new one was to have. */
export const isNameTaken = (error: unknown): boolean => NAME_TAKEN.test(messageOf(error));

const NAME_TAKEN = /container name "\/?([^"]+)" is already in use/;
const GONE = /No such container: (\S+)/i;

function byMessage(message: string): string | undefined {
  const taken = NAME_TAKEN.exec(message)?.[1];
  if (taken !== undefined)
    return `there is a container ${taken} already: wait if another npm start of this cluster is under way, else remove it (docker rm --force ${taken})`;
  if (/network with name \S+ already exists/.test(message))
    return 'the network of the cluster is being made already: wait until the other npm start of this cluster has ended';
  const gone = GONE.exec(message)?.[1];
  if (gone !== undefined) return `container ${gone} was removed meanwhile: npm start starts the cluster anew`;
  if (/port is already allocated|address already in use/.test(message)) {
    const port = / \S+:(\d+)(?=:| failed)/.exec(message)?.[1];
    const which = port === undefined ? 'a port' : `port ${port}`;
    const option = message.includes('listen udp') ? '--tunnel-port' : '--api-port';
    return `${which} is in use on this machine: choose another (${option})`;
  }
  const foreign = /listen \w+ \[?([\da-f.:]+?)\]?:\d+: bind: cannot assign requested address/.exec(
    message,
  )?.[1];
  if (foreign !== undefined) return `${foreign} is no address of this machine (ip address show)`;
  if (
    /could not find an available.*address pool|all predefined address pools have been fully subnetted/.test(
      message,
    )
  ) {
    return "Docker has no address range left for another network: remove networks that nobody uses (docker network prune), or widen default-address-pools in the engine's daemon.json";
  }
  if (/no space left on device/.test(message))
    return 'the disk of the Docker engine is full (docker system df)';
  return undefined;
}
