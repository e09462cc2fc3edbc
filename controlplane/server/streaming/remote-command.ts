import type { Status } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import type { OpenStream } from '#proto/gen/podlab/v1/OpenStream.ts';
import type { NodeStream } from '../../nodes/node-streams.ts';
import { chooseContainer } from './container-choice.ts';
import { booleanParameter } from '../query-options.ts';

/** Which streams an exec or attach has. */
export interface CommandStreams {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** PodExecOptions and PodAttachOptions from the query. Throws 400 as the kubelet's `remotecommand.NewOptions` does. */
export function parseCommandStreams(query: URLSearchParams, defaults: boolean): CommandStreams {
  const flag = (name: string, missing: boolean): boolean =>
    query.has(name) ? booleanParameter(query, name) : missing;
  const tty = flag('tty', false);
  const streams = {
    stdin: flag('stdin', false),
    stdout: flag('stdout', defaults),
    // A terminal has one output.
    stderr: flag('stderr', defaults) && !tty,
    tty,
  };
  if (!streams.stdin && !streams.stdout && !streams.stderr)
    throw StatusError.badRequest('you must specify at least 1 of stdin, stdout, stderr');
  return streams;
}

/** What to ask the node for. Throws 400 for a container or command that cannot be. */
export function commandRequest(
  what: 'exec' | 'attach',
  pod: Kinds['pods'],
  query: URLSearchParams,
  streams: CommandStreams,
): Omit<OpenStream, 'streamId'> {
  const target = { pod: podRef(pod), container: chooseContainer(pod, query.get('container') ?? '') };
  if (what === 'attach') return { ...target, attach: streams };
  const command = query.getAll('command');
  if (command.length === 0)
    throw StatusError.badRequest('you must specify at least one command for the container');
  return { ...target, exec: { ...streams, command } };
}

export const podRef = ({
  metadata: { namespace = '', name, uid },
}: Kinds['pods']): { namespace: string; name: string; uid: string } => ({ namespace, name, uid });

/** `{"Width":80,"Height":24}` of the resize stream; what is not a size is ignored. */
export function applyResize(stream: NodeStream, json: string): void {
  try {
    const { Width, Height } = JSON.parse(json) as { Width?: unknown; Height?: unknown };
    if (isSize(Width) && isSize(Height)) stream.resize(Width, Height);
  } catch {
    // As Kubernetes: a resize that cannot be read is no reason to end the session.
  }
}

const isSize = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 0xffff;

/** Protocols before v4 know a message, not a Status: nothing at all when all went well. */
export const plainError = (status: Status): string =>
  status.status === 'Success' ? '' : (status.message ?? 'unknown error');
