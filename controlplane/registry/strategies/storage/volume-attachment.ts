import type { Kinds } from '#api/resources.ts';
import { separateStatus } from '../separate-status.ts';
import { deepEqual } from '#api/equal.ts';
import { forbidden, invalid, required, type FieldError } from '#api/status.ts';
import { dns1123SubdomainProblems } from '#api/validation.ts';
import type { Strategy } from '../strategy.ts';

type VolumeAttachment = Kinds['volumeattachments'];

/** pkg/registry/storage/volumeattachment/strategy.go */
export const volumeAttachmentStrategy: Strategy<VolumeAttachment> = {
  ...separateStatus<VolumeAttachment>(() => ({ attached: false }), 'kept'),
  needsResourceVersion: true,
  validate: ({ spec }) => validateSpec(spec),
  validateUpdate: ({ spec }, old) =>
    deepEqual(spec, old.spec) ? [] : [invalid('spec', spec, 'field is immutable')],
};

const EXACTLY_ONE = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';

function validateSpec({ attacher = '', nodeName = '', source = {} }: Partial<VolumeAttachment['spec']>) {
  return [
    ...(attacher === '' ? [required('spec.attacher')] : nameErrors(attacher.toLowerCase(), 'spec.attacher')),
    ...validateSource(source),
    ...nameErrors(nodeName, 'spec.nodeName'),
  ];
}

const nameErrors = (name: string, at: string): FieldError[] =>
  dns1123SubdomainProblems(name).map((problem) => invalid(at, name, problem));

function validateSource({ inlineVolumeSpec, persistentVolumeName }: VolumeAttachment['spec']['source']) {
  const at = 'spec.source';
  if (inlineVolumeSpec === undefined && persistentVolumeName === undefined)
    return [required(at, EXACTLY_ONE)];
  if (inlineVolumeSpec !== undefined && persistentVolumeName !== undefined)
    return [forbidden(at, EXACTLY_ONE)];
  return persistentVolumeName === ''
    ? [required(`${at}.persistentVolumeName`, 'must specify non empty persistentVolumeName')]
    : [];
}
