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

function byMessage(message: string): string | undefined {
  if (/port is already allocated|address already in use/.test(message)) {
    const port = / \S+:(\d+)(?=:| failed)/.exec(message)?.[1];
    const which = port === undefined ? 'a port' : `port ${port}`;
    return `${which} is in use on this machine: choose another (--api-port)`;
  }
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
