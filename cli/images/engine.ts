/** Images on the Docker engine: look, pull, build, import. */
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { engineMessage, engineStatus, messageOf, UserError } from '../errors.ts';
import type { Progress } from '../progress.ts';

/** On images that podlab builds: the hash of all that went into them. */
export const LABEL_RECIPE = 'io.podlab.image.recipe';

/** Longer silence than this from a registry counts as unreachable. */
const PULL_SILENCE_MS = 20_000;

interface EngineEvent {
  stream?: string;
  status?: string;
  error?: string;
}

export interface FoundImage {
  id: string;
  recipe: string | undefined;
}

/** The image that the engine has under this name, or undefined. */
export async function findImage(docker: Docker, name: string): Promise<FoundImage | undefined> {
  try {
    const info = await docker.getImage(name).inspect();
    return { id: info.Id, recipe: info.Config.Labels?.[LABEL_RECIPE] };
  } catch (error) {
    if (engineStatus(error) === 404) return undefined;
    throw error;
  }
}

/**
 * Pulls an image. An expected failure (no network, no such image, a silent registry) is a value: why it could not be.
 */
export async function tryPull(
  docker: Docker,
  name: string,
  progress: Progress,
): Promise<{ pulled: true } | { pulled: false; reason: string }> {
  const abort = new AbortController();
  let silence: NodeJS.Timeout | undefined;
  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(() => abort.abort(), PULL_SILENCE_MS);
  };
  heard();
  try {
    const stream = await docker.pull(name, { abortSignal: abort.signal });
    await follow(stream, (event) => {
      heard();
      if (event.status !== undefined) progress.detail(`${name}: ${event.status}`);
    });
    return { pulled: true };
  } catch (error) {
    const reason = abort.signal.aborted ? 'the registry does not answer' : engineMessage(error);
    return { pulled: false, reason };
  } finally {
    clearTimeout(silence);
  }
}

export interface BuildRequest {
  /** The directory whose `files` are sent to the engine. */
  context: string;
  files: string[];
  dockerfile: string;
  tags: string[];
  args?: Record<string, string>;
  labels?: Record<string, string>;
}

/** @throws UserError with the end of the build's output. */
export async function build(docker: Docker, request: BuildRequest, progress: Progress): Promise<void> {
  const [first = '', ...otherTags] = request.tags;
  const stream = await docker.buildImage(
    { context: request.context, src: request.files },
    {
      t: first,
      dockerfile: request.dockerfile,
      buildargs: request.args ?? {},
      labels: request.labels ?? {},
      forcerm: true,
    },
  );
  let output = '';
  try {
    await follow(stream, (event) => {
      const text = event.stream ?? event.status ?? '';
      output = (output + text).slice(-4000);
      if (text.trim() !== '') progress.detail(text.trim());
    });
  } catch (error) {
    throw new UserError(`building the image ${first} failed: ${messageOf(error)}\n${output.trimEnd()}`);
  }
  for (const tag of otherTags) await tagImage(docker, first, tag);
}

/** Makes an image of one layer from a root file system in tar form. */
export async function importRoot(docker: Docker, tar: Readable, name: string, label: string): Promise<void> {
  const { repo, tag } = splitTag(name);
  const stream = await docker.importImage(tar, { repo, tag, changes: `LABEL ${LABEL_RECIPE}=${label}` });
  await follow(stream, () => {});
}

export async function tagImage(docker: Docker, source: string, name: string): Promise<void> {
  await docker.getImage(source).tag(splitTag(name));
}

function splitTag(name: string): { repo: string; tag: string } {
  const colon = name.lastIndexOf(':');
  return { repo: name.slice(0, colon), tag: name.slice(colon + 1) };
}

/** The engine reports failure inside a stream that itself ends well. */
async function follow(stream: NodeJS.ReadableStream, onEvent: (event: EngineEvent) => void): Promise<void> {
  let rest = '';
  const take = (line: string) => {
    if (line.trim() === '') return;
    const event = JSON.parse(line) as EngineEvent;
    if (event.error !== undefined) throw new Error(event.error);
    onEvent(event);
  };
  for await (const chunk of stream) {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    lines.forEach(take);
  }
  take(rest);
}
