import { invalid, type FieldError } from '#api/status.ts';

export type Labels = Readonly<Record<string, string>>;

const LEVELS = ['privileged', 'baseline', 'restricted'] as const;
type Level = (typeof LEVELS)[number];

export interface LevelVersion {
  readonly level: Level;
  /** Of Kubernetes 1; Infinity for the latest. */
  readonly minor: number;
}

/** What a namespace asks of its Pods. `audit` is only checked for its spelling: there is no audit log. */
export interface Policy {
  readonly enforce: LevelVersion;
  readonly warn: LevelVersion;
  readonly errors: readonly FieldError[];
}

const PREFIX = 'pod-security.kubernetes.io/';

/** `restricted:v1.30`, `baseline:latest` */
export const printLevel = ({ level, minor }: LevelVersion): string =>
  `${level}:${minor === Infinity ? 'latest' : `v1.${minor}`}`;

/** Whether `a` and `b` ask for the same. */
export const sameLevel = (a: LevelVersion, b: LevelVersion): boolean =>
  a.level === b.level && a.minor === b.minor;

/** Whether `a` is the stricter level. */
export const isStricter = (a: LevelVersion, b: LevelVersion): boolean =>
  LEVELS.indexOf(a.level) > LEVELS.indexOf(b.level);

/** Whether a namespace says anything at all, which most do not. */
export const hasPolicy = (labels: Labels | undefined): boolean =>
  labels !== undefined && Object.keys(labels).some((label) => label.startsWith(PREFIX));

/**
 * The policy of a namespace with these labels (`pod-security-admission/api` `PolicyToEvaluate`). What cannot be read is enforced as
 * `restricted` and not warned of; without a level of its own, warnings are of the level that is enforced.
 */
export function policyOf(labels: Labels = {}): Policy {
  const errors: FieldError[] = [];
  const enforce = readMode(labels, 'enforce', 'restricted', errors);
  readMode(labels, 'audit', 'privileged', errors);
  const warn = readMode(labels, 'warn', 'privileged', errors);
  const isEnforced = isLevel(labels[`${PREFIX}enforce`]);
  if (labels[`${PREFIX}warn`] !== undefined || !isEnforced || enforce.level === 'privileged') {
    return { enforce, warn, errors };
  }
  const minor = labels[`${PREFIX}warn-version`] === undefined ? enforce.minor : warn.minor;
  return { enforce, warn: { level: enforce.level, minor }, errors };
}

const isLevel = (text: string | undefined): text is Level => LEVELS.some((level) => level === text);

function readMode(labels: Labels, mode: string, ifUnreadable: Level, errors: FieldError[]): LevelVersion {
  const [level, version] = [labels[PREFIX + mode], labels[`${PREFIX}${mode}-version`]];
  const minor = version === undefined ? Infinity : minorOf(version);
  const refuse = (label: string, value: string, why: string): void =>
    void errors.push(invalid(`metadata.labels[${PREFIX}${label}]`, value, why));
  if (level !== undefined && !isLevel(level)) refuse(mode, level, `must be one of ${LEVELS.join(', ')}`);
  if (minor === undefined) refuse(`${mode}-version`, version!, 'must be "latest" or "v1.x"');
  const read = level === undefined ? 'privileged' : isLevel(level) ? level : ifUnreadable;
  return { level: read, minor: minor ?? Infinity };
}

function minorOf(version: string): number | undefined {
  if (version === 'latest') return Infinity;
  const minor = /^v1\.(0|[1-9]\d*)$/.exec(version)?.[1];
  return minor === undefined ? undefined : Number(minor);
}
