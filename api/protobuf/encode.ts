import protobuf from 'protobufjs';
import { PREFIX } from './decode.ts';
import { writeFields } from './from-json.ts';
import { protobufType } from './kinds.ts';

type Json = { readonly [field: string]: unknown };

const LENGTH = 2;
const tag = (number: number): number => (number << 3) | LENGTH;

/**
 * An object, list or Status as `application/vnd.kubernetes.protobuf` (k8s.io/apimachinery `serializer/protobuf`): a prefix, and the message
 * `Unknown` around the object's own. Throws when the kind has no form in protobuf, as custom resources and Tables: ask `hasProtobuf` before.
 */
export function encodeProtobuf(object: object): Buffer {
  const { apiVersion = '', kind = '' } = object as { apiVersion?: string; kind?: string };
  const type = protobufType(apiVersion, kind);
  if (type === undefined) throw new Error(`${apiVersion} ${kind} has no form in protobuf`);
  const writer = protobuf.Writer.create();
  for (const byte of PREFIX) writer.uint32(byte);
  writer.uint32(tag(1)).fork();
  writer.uint32(tag(1)).string(apiVersion).uint32(tag(2)).string(kind).ldelim();
  writer.uint32(tag(2)).fork();
  writeFields(writer, type, object as Json);
  writer.ldelim();
  // Go writes the content's encoding and type too, which are always empty here.
  writer.uint32(tag(3)).string('').uint32(tag(4)).string('');
  return Buffer.from(writer.finish());
}

export const hasProtobuf = (apiVersion: string, kind: string): boolean =>
  protobufType(apiVersion, kind) !== undefined;

/**
 * One event of a watch in `application/vnd.kubernetes.protobuf;stream=watch`: the length of the message in four bytes, big-endian, and a
 * `WatchEvent` that holds `object`, an encoded object, whole. Unlike the objects, the event has no prefix.
 */
export function encodeWatchEvent(type: string, object: Buffer): Buffer {
  const writer = protobuf.Writer.create();
  writer.uint32(tag(1)).string(type);
  writer.uint32(tag(2)).fork().uint32(tag(1)).bytes(object).ldelim();
  const message = writer.finish();
  const frame = Buffer.alloc(4 + message.length);
  frame.writeUInt32BE(message.length);
  frame.set(message, 4);
  return frame;
}
