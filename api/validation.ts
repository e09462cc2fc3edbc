/**
 * The forms of names, labels and ports, with Kubernetes' wording (k8s.io/apimachinery `pkg/util/validation`).
 * Each function gives the reasons why a value is wrong: an empty list means that it is right.
 */

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const DNS1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const QUALIFIED_NAME = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const LABEL_VALUE = `(${QUALIFIED_NAME})?`;
const CONFIG_KEY = '[-._a-zA-Z0-9]+';

const whole = (pattern: string): RegExp => new RegExp(`^${pattern}$`);
const LABEL_RE = whole(LABEL);
const SUBDOMAIN_RE = whole(SUBDOMAIN);
const DNS1035_RE = whole(DNS1035);
const QUALIFIED_NAME_RE = whole(QUALIFIED_NAME);
const LABEL_VALUE_RE = whole(LABEL_VALUE);
const CONFIG_KEY_RE = whole(CONFIG_KEY);

/** `validation.RegexError`, with its two spaces between examples. */
function regexError(message: string, pattern: string, ...examples: readonly string[]): string {
  const given = examples.map((example) => `'${example}', `).join(' or ');
  return `${message} (${examples.length === 0 ? '' : `e.g. ${given}`}regex used for validation is '${pattern}')`;
}

const maxLength = (length: number): string => `must be no more than ${length} characters`;

const bytes = (text: string): number => Buffer.byteLength(text);

const SUBDOMAIN_ERROR = regexError(
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  SUBDOMAIN,
  'example.com',
);

function check(value: string, limit: number, pattern: RegExp, error: string): string[] {
  const problems: string[] = [];
  if (bytes(value) > limit) problems.push(maxLength(limit));
  if (!pattern.test(value)) problems.push(error);
  return problems;
}

const LABEL_ERROR = regexError(
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  LABEL,
  'my-name',
  '123-abc',
);
export function dns1123LabelProblems(value: string): string[] {
  const problems = check(value, 63, LABEL_RE, LABEL_ERROR);
  // All that can be wrong with a subdomain is its dots.
  const dots = value.includes('.') && SUBDOMAIN_RE.test(value);
  return dots
    ? problems.map((problem) => (problem === LABEL_ERROR ? 'must not contain dots' : problem))
    : problems;
}

export const dns1123SubdomainProblems = (value: string): string[] =>
  check(value, 253, SUBDOMAIN_RE, SUBDOMAIN_ERROR);

const DNS1035_ERROR = regexError(
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  DNS1035,
  'my-name',
  'abc-123',
);
export const dns1035LabelProblems = (value: string): string[] => check(value, 63, DNS1035_RE, DNS1035_ERROR);

const QUALIFIED_NAME_ERROR = regexError(
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  QUALIFIED_NAME,
  'MyName',
  'my.name',
  '123-abc',
);

/** A label's or annotation's key: `name` or `prefix.example/name`. */
export function qualifiedNameProblems(value: string): string[] {
  const parts = value.split('/');
  if (parts.length > 2) {
    return [
      `a qualified name ${regexError(
        "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
        QUALIFIED_NAME,
        'MyName',
        'my.name',
        '123-abc',
      )} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const problems: string[] = [];
  if (parts.length === 2) {
    const prefix = parts[0]!;
    if (prefix === '') problems.push('prefix part must be non-empty');
    else problems.push(...dns1123SubdomainProblems(prefix).map((problem) => `prefix part ${problem}`));
  }
  const name = parts.at(-1)!;
  if (name === '') problems.push('name part must be non-empty');
  else if (bytes(name) > 63) problems.push(`name part ${maxLength(63)}`);
  if (!QUALIFIED_NAME_RE.test(name)) problems.push(`name part ${QUALIFIED_NAME_ERROR}`);
  return problems;
}

const LABEL_VALUE_ERROR = regexError(
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  LABEL_VALUE,
  'MyValue',
  'my_value',
  '12345',
);
export const labelValueProblems = (value: string): string[] =>
  check(value, 63, LABEL_VALUE_RE, LABEL_VALUE_ERROR);

/** The name of an environment variable: since 1.34 any printable ASCII but `=`. */
export function envVarNameProblems(value: string): string[] {
  if (value === '') return [`a valid environment variable name must not be empty`];
  return /^[ -<>-~]+$/.test(value)
    ? []
    : [
        regexError(
          "a valid environment variable name must consist only of printable ASCII characters other than '='",
          '[ -<>-~]+',
        ),
      ];
}

/** A key of a ConfigMap or Secret, which may become a file's name. */
export function configMapKeyProblems(value: string): string[] {
  const problems: string[] = [];
  if (bytes(value) > 253) problems.push(maxLength(253));
  if (!CONFIG_KEY_RE.test(value)) {
    problems.push(
      regexError(
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
        CONFIG_KEY,
        'key.name',
        'KEY_NAME',
        'key-name',
      ),
    );
  }
  if (value === '.') problems.push(`must not be '.'`);
  else if (value === '..') problems.push(`must not be '..'`);
  else if (value.startsWith('..')) problems.push(`must not start with '..'`);
  return problems;
}

export const inclusiveRange = (low: number, high: number): string =>
  `must be between ${low} and ${high}, inclusive`;

export const portNumberProblems = (port: number): string[] =>
  port >= 1 && port <= 65535 ? [] : [inclusiveRange(1, 65535)];

/** The name of a port: an IANA service name. */
export function portNameProblems(name: string): string[] {
  const problems: string[] = [];
  if (name.length > 15) problems.push(maxLength(15));
  if (!/^[-a-z0-9]+$/.test(name)) {
    problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  }
  if (!/[a-z]/.test(name)) problems.push('must contain at least one letter (a-z)');
  if (name.includes('--')) problems.push('must not contain consecutive hyphens');
  if (name.startsWith('-') || name.endsWith('-')) problems.push('must not begin or end with a hyphen');
  return problems;
}

const PERCENT_ERROR = regexError(
  "a valid percent string must be a numeric string followed by an ending '%'",
  '[0-9]+%',
  '1%',
  '93%',
);
export const percentProblems = (value: string): string[] => (/^[0-9]+%$/.test(value) ? [] : [PERCENT_ERROR]);

const WILDCARD = `\\*\\.${SUBDOMAIN}`;
const WILDCARD_RE = whole(WILDCARD);
const WILDCARD_ERROR = regexError(
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
  WILDCARD,
  '*.example.com',
);
/** `*.example.com` */
export const wildcardSubdomainProblems = (value: string): string[] =>
  check(value, 253, WILDCARD_RE, WILDCARD_ERROR);

const HTTP_PATH = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
const HTTP_PATH_RE = whole(HTTP_PATH);

/** What is wrong with `acme.io/foo`, each time with the part that is. */
export function domainPrefixedPathErrors(value: string): [part: string, problem: string][] {
  const slash = value.indexOf('/');
  const [host, path] = [value.slice(0, Math.max(slash, 0)), value.slice(slash + 1)];
  if (host === '' || path === '') {
    return [[value, 'must be a domain-prefixed path (such as "acme.io/foo")']];
  }
  const errors = dns1123SubdomainProblems(host).map((problem): [string, string] => [host, problem]);
  return HTTP_PATH_RE.test(path) ? errors : [...errors, [path, regexError('Invalid path', HTTP_PATH)]];
}
