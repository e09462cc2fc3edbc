import { StatusError } from '#api/status.ts';
import type { Entry } from '../../store/store.ts';
import type { Environment } from '../environment.ts';
import type { Target, WriteOptions } from '../registry.ts';

/** Answers a POST of a kind that is not kept: reviews of access and of tokens, which hold a question and get an answer. */
export async function answerQuestion(
  _environment: Environment,
  { resource }: Target,
  _body: unknown,
  _options: WriteOptions,
): Promise<Entry> {
  throw new StatusError('MethodNotAllowed', `${resource.kind} is not answered by this server yet`);
}
