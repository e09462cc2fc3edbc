import { CelRuntimeError } from '../errors.ts';
import { overload, type Overload } from '../overload.ts';
import type { Duration, Timestamp } from '../values.ts';

/** The clock and calendar in a time zone, as if they were those of UTC. */
function inZone({ nanos }: Timestamp, zone: string | undefined): Date {
  const date = new Date(Number(nanos / 1_000_000n));
  if (zone === undefined || zone === '' || zone === 'UTC') return date;
  return new Date(date.getTime() + offsetOf(date, zone));
}

const OFFSET_RE = /^([+-]?)(\d{2}):(\d{2})$/;

/** Milliseconds east of UTC. */
function offsetOf(date: Date, zone: string): number {
  const [, sign, hours, minutes] = OFFSET_RE.exec(zone) ?? [];
  if (hours !== undefined) return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
  try {
    const parts = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
    const name = parts.formatToParts(date).find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT';
    return name === 'GMT' ? 0 : offsetOf(date, name.slice(3));
  } catch {
    throw new CelRuntimeError(`unknown time zone ${zone}`);
  }
}

const DAY = 86_400_000;
const dayOfYear = (date: Date): number =>
  Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY);

const READINGS: { readonly [name: string]: (date: Date) => number } = {
  getFullYear: (date) => date.getUTCFullYear(),
  getMonth: (date) => date.getUTCMonth(),
  getDate: (date) => date.getUTCDate(),
  getDayOfMonth: (date) => date.getUTCDate() - 1,
  getDayOfWeek: (date) => date.getUTCDay(),
  getDayOfYear: dayOfYear,
  getHours: (date) => date.getUTCHours(),
  getMinutes: (date) => date.getUTCMinutes(),
  getSeconds: (date) => date.getUTCSeconds(),
  getMilliseconds: (date) => date.getUTCMilliseconds(),
};

const ofTimestamps: Overload[] = Object.entries(READINGS).flatMap(([name, read]) => [
  overload(`google.protobuf.Timestamp.${name}(): int`, ([time]: [Timestamp]) =>
    BigInt(read(inZone(time, undefined))),
  ),
  overload(`google.protobuf.Timestamp.${name}(string): int`, ([time, zone]: [Timestamp, string], budget) => {
    budget.spend(200);
    return BigInt(read(inZone(time, zone)));
  }),
]);

const ofDurations = Object.entries({
  getHours: 3_600_000_000_000n,
  getMinutes: 60_000_000_000n,
  getSeconds: 1_000_000_000n,
  getMilliseconds: 1_000_000n,
}).map(([name, unit]) =>
  overload(`google.protobuf.Duration.${name}(): int`, ([{ nanos }]: [Duration]) => nanos / unit),
);

/** Parts of timestamps and durations. */
export const STANDARD_TIMES: readonly Overload[] = [...ofTimestamps, ...ofDurations];
