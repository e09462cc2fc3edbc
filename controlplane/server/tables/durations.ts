const SECOND = 1000;
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

/**
 * A duration as kubectl prints it (apimachinery `duration.HumanDuration`): `5s`, `3m20s`, `12m`, `2d4h`, `1y30d`.
 * Somewhat negative durations, from clocks that differ, print as `0s`, others as `<invalid>`.
 */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / SECOND);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 2 * MINUTE) return `${seconds}s`;
  const minutes = Math.trunc(seconds / MINUTE);
  if (minutes < 10) return twoParts(minutes, 'm', seconds % MINUTE, 's');
  if (minutes < 3 * 60) return `${minutes}m`;
  const hours = Math.trunc(seconds / HOUR);
  if (hours < 8) return twoParts(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(seconds / DAY);
  if (hours < 24 * 8) return twoParts(days, 'd', hours % 24, 'h');
  if (hours < 24 * 365 * 2) return `${days}d`;
  const years = Math.trunc(seconds / YEAR);
  if (hours < 24 * 365 * 8) return twoParts(years, 'y', days % 365, 'd');
  return `${years}y`;
}

const twoParts = (major: number, unit: string, minor: number, minorUnit: string): string =>
  minor === 0 ? `${major}${unit}` : `${major}${unit}${minor}${minorUnit}`;

/** How long ago a metav1.Time was: `<unknown>` when it is not set. */
export const since = (time: string | null | undefined, now: number): string =>
  time === undefined || time === null || time === '' ? '<unknown>' : humanDuration(now - Date.parse(time));
