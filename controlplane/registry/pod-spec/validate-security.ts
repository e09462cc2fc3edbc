import type { PodSpec, SeccompProfile, SecurityContext } from '#api/gen/types.ts';
import { invalid, required, type FieldError } from '#api/status.ts';
import { inclusiveRange } from '#api/validation.ts';
import { eachItem, oneOf } from './field-rules.ts';

const MAX_ID = 2 ** 31 - 1;
const SECCOMP_TYPES = ['Localhost', 'RuntimeDefault', 'Unconfined'];
const PROC_MOUNTS = ['Default', 'Unmasked'];

const validateId = (id: number | undefined, path: string): FieldError[] =>
  id === undefined || (id >= 0 && id <= MAX_ID) ? [] : [invalid(path, id, inclusiveRange(0, MAX_ID))];

function validateSeccomp(profile: SeccompProfile | undefined, path: string): FieldError[] {
  if (profile === undefined) return [];
  const local = profile.type === 'Localhost' && !profile.localhostProfile;
  return [
    ...(local ? [required(`${path}.localhostProfile`, 'must be set when seccomp type is Localhost ')] : []),
    ...oneOf(profile.type, SECCOMP_TYPES, `${path}.type`),
  ];
}

/** `ValidateSecurityContext`. */
export function validateSecurityContext(context: SecurityContext | undefined, path: string): FieldError[] {
  if (context === undefined) return [];
  const { privileged, allowPrivilegeEscalation, capabilities } = context;
  const errors = [
    ...validateId(context.runAsUser, `${path}.runAsUser`),
    ...validateId(context.runAsGroup, `${path}.runAsGroup`),
    ...oneOf(context.procMount, PROC_MOUNTS, `${path}.procMount`, true),
    ...validateSeccomp(context.seccompProfile, `${path}.seccompProfile`),
  ];
  if (allowPrivilegeEscalation === false && privileged === true) {
    errors.push(
      invalid(path, context, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true'),
    );
  }
  if (allowPrivilegeEscalation === false && capabilities?.add?.includes('CAP_SYS_ADMIN') === true) {
    errors.push(
      invalid(
        path,
        context,
        'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN',
      ),
    );
  }
  return errors;
}

/** `ValidatePodSecurityContext`. */
export function validatePodSecurity({ securityContext, ...spec }: PodSpec, path: string): FieldError[] {
  const at = `${path}.securityContext`;
  const context = securityContext ?? {};
  return [
    ...validateId(context.runAsUser, `${at}.runAsUser`),
    ...validateId(context.runAsGroup, `${at}.runAsGroup`),
    ...validateId(context.fsGroup, `${at}.fsGroup`),
    ...eachItem(context.supplementalGroups, `${at}.supplementalGroups`, validateId),
    ...(spec.shareProcessNamespace === true && spec.hostPID === true
      ? [
          invalid(
            `${at}.shareProcessNamespace`,
            true,
            'ShareProcessNamespace and HostPID cannot both be enabled',
          ),
        ]
      : []),
    ...validateSeccomp(context.seccompProfile, `${at}.seccompProfile`),
  ];
}

/** A Pod in its node's network has the node's ports. */
export function validateHostNetwork({ hostNetwork, containers }: PodSpec, path: string): FieldError[] {
  if (hostNetwork !== true) return [];
  return eachItem(containers, `${path}.containers`, ({ ports }, at) =>
    eachItem(ports, `${at}.ports`, ({ hostPort, containerPort }, port) =>
      hostPort === containerPort
        ? []
        : [
            invalid(
              `${port}.containerPort`,
              containerPort,
              'must match `hostPort` when `hostNetwork` is true',
            ),
          ],
    ),
  );
}
