import { forbidden, notSupported, StatusError, type FieldError } from '#api/status.ts';
import type { ListOptions, WatchOptions } from './registry.ts';

const FIELD = 'resourceVersionMatch';

function refuseIfAny(errors: readonly FieldError[]): void {
  if (errors.length > 0) throw StatusError.invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);
}

/** `ValidateListOptions` of k8s.io/apimachinery, as far as a list goes. */
export function validateListOptions(options: ListOptions): void {
  const { resourceVersion = '', resourceVersionMatch: match = '' } = options;
  if (match === '') return;
  const forbid = (why: string): FieldError[] => [forbidden(FIELD, `${FIELD} ${why}`)];
  const known = match === 'Exact' || match === 'NotOlderThan';
  refuseIfAny([
    ...(resourceVersion === '' ? forbid('is forbidden unless resourceVersion is provided') : []),
    ...(options.continue ? forbid('is forbidden when continue is provided') : []),
    ...(known ? [] : [notSupported(FIELD, match, ['Exact', 'NotOlderThan', ''])]),
    ...(match === 'Exact' && resourceVersion === '0'
      ? forbid('"exact" is forbidden for resourceVersion "0"')
      : []),
  ]);
}

/** As far as a watch goes. */
export function validateWatchOptions(options: WatchOptions): void {
  const { sendInitialEvents, resourceVersionMatch = '' } = options;
  const sends = sendInitialEvents !== undefined;
  const errors: FieldError[] = [];
  if (sends && resourceVersionMatch !== 'NotOlderThan') {
    errors.push(forbidden(FIELD, `sendInitialEvents requires setting ${FIELD} to NotOlderThan`));
  }
  if (!sends && resourceVersionMatch !== '') {
    errors.push(forbidden(FIELD, `${FIELD} is forbidden for watch unless sendInitialEvents is provided`));
  }
  if (resourceVersionMatch !== '' && resourceVersionMatch !== 'NotOlderThan') {
    errors.push(notSupported(FIELD, resourceVersionMatch, ['NotOlderThan']));
  }
  if (resourceVersionMatch !== '' && options.continue) {
    errors.push(forbidden(FIELD, `${FIELD} is forbidden when continue is provided`));
  }
  refuseIfAny(errors);
}
