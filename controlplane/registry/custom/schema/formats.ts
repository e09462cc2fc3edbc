import { isIP, isIPv4, isIPv6 } from 'node:net';

const isDate = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00Z`));
const DATE_TIME = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;
const DURATION = /^[+-]?(?:\d+(?:\.\d*)?(?:ns|us|µs|ms|s|m|h|d|w))+$/;
const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

function isUri(text: string): boolean {
  try {
    void new URL(text);
    return true;
  } catch {
    return false;
  }
}

/** The formats that Kubernetes checks (`apiserver/validation/formats.go`); others mean nothing. Lengths are bounded, so no pattern is slow. */
const FORMATS: { readonly [format: string]: (text: string) => boolean } = {
  byte: (text) => /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0,
  cidr: (text) => {
    const [address = '', bits = '', ...more] = text.split('/');
    const most = isIPv4(address) ? 32 : 128;
    return more.length === 0 && isIP(address) !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= most;
  },
  date: isDate,
  'date-time': (text) => text.length < 64 && DATE_TIME.test(text) && !Number.isNaN(Date.parse(text)),
  datetime: (text) => text.length < 64 && DATE_TIME.test(text) && !Number.isNaN(Date.parse(text)),
  duration: (text) => text.length < 64 && (text === '0' || DURATION.test(text)),
  email: (text) => text.length < 320 && /^[^\s@]+@[^\s@]+$/.test(text),
  hostname: (text) =>
    text.length < 254 &&
    text.split('.').every((label) => /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(label)),
  ipv4: isIPv4,
  ipv6: isIPv6,
  mac: (text) => /^(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i.test(text),
  uri: isUri,
  uuid: (text) => UUID.test(text),
  uuid3: (text) => UUID.test(text) && text.replaceAll('-', '')[12] === '3',
  uuid4: (text) => UUID.test(text) && text.replaceAll('-', '')[12] === '4',
  uuid5: (text) => UUID.test(text) && text.replaceAll('-', '')[12] === '5',
};

/** Whether the text has the format; an unknown format is had by every text. */
export const hasFormat = (format: string, text: string): boolean =>
  Object.hasOwn(FORMATS, format) ? FORMATS[format]!(text) : true;
