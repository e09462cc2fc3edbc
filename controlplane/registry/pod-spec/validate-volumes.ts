import type {
  DownwardAPIVolumeFile,
  HostPathVolumeSource,
  KeyToPath,
  ProjectedVolumeSource,
  Volume,
} from '#api/gen/types.ts';
import { compareQuantities } from '#api/quantity.ts';
import { duplicate, forbidden, invalid, required, type FieldError } from '#api/status.ts';
import { dns1123LabelProblems } from '#api/validation.ts';
import { eachItem, invalidFor, needed, oneOf } from './field-rules.ts';
import { FILE_FIELDS, validateFieldRef, validateResourceRef } from './validate-env.ts';

/** In the order in which Kubernetes looks for a second one. */
const SOURCES: readonly (keyof Volume)[] = [
  'emptyDir',
  'hostPath',
  'gitRepo',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'secret',
  'nfs',
  'iscsi',
  'glusterfs',
  'flocker',
  'persistentVolumeClaim',
  'rbd',
  'cinder',
  'cephfs',
  'quobyte',
  'downwardAPI',
  'fc',
  'flexVolume',
  'configMap',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'storageos',
  'scaleIO',
  'projected',
  'csi',
  'ephemeral',
  'image',
];

export function validateVolumes(volumes: readonly Volume[], path: string): FieldError[] {
  const names = new Set<string>();
  return eachItem(volumes, path, (volume, at) => {
    const errors = validateSource(volume, at);
    if (!volume.name) errors.push(required(`${at}.name`));
    else {
      errors.push(...invalidFor(`${at}.name`, volume.name, dns1123LabelProblems(volume.name)));
      if (names.has(volume.name)) errors.push(duplicate(`${at}.name`, volume.name));
      names.add(volume.name);
    }
    return errors;
  });
}

function validateSource(volume: Volume, path: string): FieldError[] {
  const [first, ...others] = SOURCES.filter((source) => volume[source] !== undefined);
  if (first === undefined) return [required(path, 'must specify a volume type')];
  return [
    ...validateOne(volume, path),
    ...others.map((source) => forbidden(`${path}.${source}`, 'may not specify more than 1 volume type')),
  ];
}

function validateOne(volume: Volume, path: string): FieldError[] {
  const { emptyDir, hostPath, secret, configMap, downwardAPI, projected, persistentVolumeClaim } = volume;
  if (emptyDir?.sizeLimit !== undefined && compareQuantities(emptyDir.sizeLimit, '0') < 0) {
    return [forbidden(`${path}.emptyDir.sizeLimit`, 'SizeLimit field must be a valid resource quantity')];
  }
  if (hostPath !== undefined) return validateHostPath(hostPath, `${path}.hostPath`);
  if (secret !== undefined) {
    return [
      ...needed(secret.secretName, `${path}.secret.secretName`),
      ...validateFiles(secret.defaultMode, secret.items, `${path}.secret`),
    ];
  }
  if (configMap !== undefined) {
    return [
      ...needed(configMap.name, `${path}.configMap.name`),
      ...validateFiles(configMap.defaultMode, configMap.items, `${path}.configMap`),
    ];
  }
  if (downwardAPI !== undefined) {
    return [
      ...validateMode(downwardAPI.defaultMode, `${path}.downwardAPI.defaultMode`),
      ...eachItem(downwardAPI.items, `${path}.downwardAPI`, validateDownwardFile),
    ];
  }
  if (projected !== undefined) return validateProjected(projected, `${path}.projected`);
  if (persistentVolumeClaim !== undefined) {
    return needed(persistentVolumeClaim.claimName, `${path}.persistentVolumeClaim.claimName`);
  }
  return [];
}

const HOST_PATH_TYPES = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];

export function validateHostPath({ path: hostPath, type }: HostPathVolumeSource, path: string): FieldError[] {
  if (!hostPath) return [required(`${path}.path`)];
  return [
    ...(hostPath.split('/').includes('..')
      ? [invalid(`${path}.path`, hostPath, "must not contain '..'")]
      : []),
    ...oneOf(type, HOST_PATH_TYPES, `${path}.type`, true),
  ];
}

const validateMode = (mode: number | undefined, path: string): FieldError[] =>
  mode === undefined || (mode >= 0 && mode <= 0o777)
    ? []
    : [invalid(path, mode, 'must be a number between 0 and 0777 (octal), both inclusive')];

const validateFiles = (
  mode: number | undefined,
  items: readonly KeyToPath[] | undefined,
  path: string,
): FieldError[] => [
  ...validateMode(mode, `${path}.defaultMode`),
  ...eachItem(items, `${path}.items`, (item, at) => [
    ...needed(item.key, `${at}.key`),
    ...(item.path
      ? invalidFor(`${at}.path`, item.path, nonReservedPathProblems(item.path))
      : [required(`${at}.path`)]),
    ...validateMode(item.mode, `${at}.mode`),
  ]),
];

function validateDownwardFile(file: DownwardAPIVolumeFile, path: string): FieldError[] {
  const { fieldRef, resourceFieldRef, mode } = file;
  const errors = file.path
    ? invalidFor(`${path}.path`, file.path, nonReservedPathProblems(file.path))
    : [required(`${path}.path`)];
  if (fieldRef !== undefined) {
    errors.push(...validateFieldRef(fieldRef, FILE_FIELDS, `${path}.fieldRef`));
    if (resourceFieldRef !== undefined) {
      errors.push(
        invalid(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'),
      );
    }
  } else if (resourceFieldRef !== undefined) {
    errors.push(...validateResourceRef(resourceFieldRef, true, `${path}.resourceFieldRef`));
  } else errors.push(required(path, 'one of fieldRef and resourceFieldRef is required'));
  return [...errors, ...validateMode(mode, `${path}.mode`)];
}

const MIN_TOKEN_SECONDS = 600;

function validateProjected({ defaultMode, sources }: ProjectedVolumeSource, path: string): FieldError[] {
  return [
    ...validateMode(defaultMode, `${path}.defaultMode`),
    ...eachItem(sources, `${path}.sources`, (source, at) => {
      const [first, ...others] = Object.keys(source);
      if (first === undefined) return [required(at, 'must specify a volume type')];
      const { secret, configMap, downwardAPI, serviceAccountToken: token } = source;
      const seconds = token?.expirationSeconds;
      return [
        ...(secret
          ? [
              ...needed(secret.name, `${at}.secret.name`),
              ...validateFiles(undefined, secret.items, `${at}.secret`),
            ]
          : []),
        ...(configMap
          ? [
              ...needed(configMap.name, `${at}.configMap.name`),
              ...validateFiles(undefined, configMap.items, `${at}.configMap`),
            ]
          : []),
        ...eachItem(downwardAPI?.items, `${at}.downwardAPI`, validateDownwardFile),
        ...(token ? needed(token.path, `${at}.serviceAccountToken.path`) : []),
        ...(seconds !== undefined && seconds < MIN_TOKEN_SECONDS
          ? [
              invalid(
                `${at}.serviceAccountToken.expirationSeconds`,
                seconds,
                'may not specify a duration less than 10 minutes',
              ),
            ]
          : []),
        ...others.map((other) => forbidden(`${at}.${other}`, 'may not specify more than 1 volume type')),
      ];
    }),
  ];
}

/** `validateLocalDescendingPath`. */
export function descendingPathProblems(path: string): string[] {
  return [
    ...(path.startsWith('/') ? ['must be a relative path'] : []),
    ...(path.split('/').includes('..') ? ["must not contain '..'"] : []),
  ];
}

/** `validateLocalNonReservedPath`: two dots are for the links with which a volume is updated at once. */
const nonReservedPathProblems = (path: string): string[] => [
  ...descendingPathProblems(path),
  ...(path.startsWith('..') && !path.startsWith('../') ? ["must not start with '..'"] : []),
];
