import type { Overload } from '../overload.ts';
import { ADDRESSES } from './addresses.ts';
import { AUTHORIZATION, AUTHORIZATION_TYPES } from './authorization.ts';
import { CONVERSIONS, TIME_CONVERSIONS } from './conversions.ts';
import { LISTS } from './lists.ts';
import { ADDED_OPTIONALS, OPTIONALS } from './optionals.ts';
import { QUANTITIES } from './quantities.ts';
import { REGEX, STANDARD_REGEX } from './regex.ts';
import { SETS } from './sets.ts';
import { STANDARD_STRINGS, STRINGS } from './strings.ts';
import { STANDARD_TIMES } from './times.ts';
import { URLS } from './urls.ts';

/** Functions that the parser's library declares by itself. */
export const KNOWN_TO_CHECKER: readonly Overload[] = [
  ...CONVERSIONS,
  ...OPTIONALS,
  ...STANDARD_REGEX,
  ...STANDARD_STRINGS,
  ...STANDARD_TIMES,
];

/** Functions that have to be declared to the checker. */
export const ADDED: readonly Overload[] = [
  ...STRINGS,
  ...TIME_CONVERSIONS,
  ...LISTS,
  ...REGEX,
  ...SETS,
  ...URLS,
  ...ADDED_OPTIONALS,
  ...QUANTITIES,
  ...ADDRESSES,
  ...AUTHORIZATION,
];

/** Types of the libraries, for the checker. */
export const OPAQUE_TYPES = [
  'kubernetes.Quantity',
  'kubernetes.URL',
  'net.IP',
  'net.CIDR',
  ...AUTHORIZATION_TYPES,
] as const;
