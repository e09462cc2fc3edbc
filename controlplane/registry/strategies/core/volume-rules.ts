import { parseQuantity } from '#api/quantity.ts';
import { forbidden, invalid, notSupported, type FieldError } from '#api/status.ts';
import { dns1123SubdomainProblems } from '#api/validation.ts';
import { invalidFor } from '../../pod-spec/field-rules.ts';

/** What PersistentVolumes and their claims have in common. */

const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
export const VOLUME_MODES = ['Block', 'Filesystem'];

export function accessModeErrors(modes: readonly string[], path: string): FieldError[] {
  const single = modes.includes('ReadWriteOncePod');
  return [
    ...modes
      .filter((mode) => !ACCESS_MODES.includes(mode))
      .map((mode) => notSupported(path, mode, ACCESS_MODES)),
    ...(single && modes.some((mode) => mode !== 'ReadWriteOncePod')
      ? [forbidden(path, 'may not use ReadWriteOncePod with other access modes')]
      : []),
  ];
}

/** `ValidatePositiveQuantityValue`. */
export const positiveQuantityErrors = (quantity: string, path: string): FieldError[] =>
  parseQuantity(quantity).nano > 0n ? [] : [invalid(path, quantity, 'must be greater than zero')];

/** `ValidateClassName`; no name is none. */
export const classNameErrors = (name: string | undefined, path: string): FieldError[] =>
  name ? invalidFor(path, name, dns1123SubdomainProblems(name)) : [];
