import { StatusError } from '#api/status.ts';

/** The ways in which an object may be written. */
type Encoding = 'json' | 'yaml' | 'protobuf';
/** A request for another form of an object: `as=Table;v=v1;g=meta.k8s.io`. */
export type Transform = 'none' | 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList';

export interface OutputType {
  readonly encoding: Encoding;
  readonly transform: Transform;
  /** Of the transformed object: `v1` or `v1beta1` of meta.k8s.io. */
  readonly version: string;
  /** `pretty=true` in the Accept header. */
  readonly pretty: boolean;
}

export interface MediaRange {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

/** The clauses of an Accept header, best first; clauses of the same quality keep their order. */
export function parseAccept(header: string): MediaRange[] {
  return header
    .split(',')
    .map(parseMediaRange)
    .filter((range) => range.type !== '')
    .toSorted((a, b) => b.quality - a.quality);
}

/** One media type with its parameters. */
function parseMediaRange(text: string): MediaRange {
  const [type = '', ...rest] = text.split(';');
  const parameters = new Map<string, string>();
  for (const parameter of rest) {
    const at = parameter.indexOf('=');
    if (at > 0) parameters.set(parameter.slice(0, at).trim().toLowerCase(), parameter.slice(at + 1).trim());
  }
  const quality = Number(parameters.get('q') ?? 1);
  parameters.delete('q');
  return { type: type.trim().toLowerCase(), parameters, quality: Number.isFinite(quality) ? quality : 1 };
}

export const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const ENCODINGS: Readonly<Record<string, Encoding>> = {
  'application/json': 'json',
  'application/yaml': 'yaml',
  [PROTOBUF]: 'protobuf',
  '*/*': 'json',
  'application/*': 'json',
};
const SERVED = ['application/json', 'application/yaml', PROTOBUF];
const STREAMED = ['application/json;stream=watch', `${PROTOBUF};stream=watch`];

/** What can be answered to a request. */
export interface Answers {
  readonly transforms: readonly Transform[];
  /** Whether a list is, which may also be watched. */
  readonly isList?: boolean;
  /** Whether the object itself has a form in protobuf: of built-in kinds, not of custom ones. */
  readonly hasProtobuf: boolean;
}

/** Throws 406 as apiserver's `negotiate.go` and go-restful word it. */
export function negotiateOutput(accept: string | undefined, answers: Answers): OutputType {
  const ranges = parseAccept(accept === undefined || accept === '' ? '*/*' : accept);
  if (!ranges.some((range) => ENCODINGS[range.type] !== undefined)) {
    throw notAcceptable([...SERVED, ...(answers.isList === true ? STREAMED : [])]);
  }
  for (const range of ranges) {
    const output = outputOf(range, answers);
    if (output !== undefined) return output;
  }
  throw new StatusError('NotAcceptable', `only the following media types are accepted: ${SERVED.join(', ')}`);
}

function outputOf(range: MediaRange, { transforms, hasProtobuf }: Answers): OutputType | undefined {
  const encoding = ENCODINGS[range.type];
  const transform = (range.parameters.get('as') ?? 'none') as Transform;
  if (encoding === undefined || !(transform === 'none' || transforms.includes(transform))) return undefined;
  if (encoding === 'protobuf' && !(transform === 'none' ? hasProtobuf : transform !== 'Table'))
    return undefined;
  const version = range.parameters.get('v') ?? 'v1';
  const group = range.parameters.get('g') ?? 'meta.k8s.io';
  const known = group === 'meta.k8s.io' && (version === 'v1' || version === 'v1beta1');
  if (transform !== 'none' && !known) return undefined;
  return { encoding, transform, version, pretty: range.parameters.get('pretty') === '1' };
}

const notAcceptable = (available: readonly string[]): StatusError =>
  new StatusError(
    'NotAcceptable',
    `406: Not Acceptable\n\nAvailable representations: ${available.join(', ')}`,
    {},
  );

export type InputType = 'json' | 'yaml' | 'protobuf';

/** How a body is written. No header means JSON. Throws 415 as Kubernetes words it. */
export function negotiateInput(contentType: string | undefined): InputType {
  switch (parseMediaRange(contentType ?? '').type) {
    case '':
    case 'application/json':
      return 'json';
    case 'application/yaml':
      return 'yaml';
    case PROTOBUF:
      return 'protobuf';
    default:
      throw unsupportedMediaType(SERVED);
  }
}

/** 415: the body is in none of the `accepted` types. */
const unsupportedMediaType = (accepted: readonly string[]): StatusError =>
  new StatusError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

const PATCH_TYPES: Readonly<Record<string, PatchType>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
};

/** Throws 415 for every other type. */
export function negotiatePatch(contentType: string | undefined): PatchType {
  const type = PATCH_TYPES[parseMediaRange(contentType ?? '').type];
  if (type === undefined) throw new StatusError('UnsupportedMediaType', '415: Unsupported Media Type', {});
  return type;
}
