/** The lines of a container's log that say why something does not work. */
import type { Container } from 'dockerode';

const WARN = 40;
const MAX_LINES = 12;

interface LogLine {
  level?: number;
  msg?: string;
  err?: { message?: string };
}

/** The last warnings and errors of the container; where it logged none, its last lines. */
export async function tellingLogs(container: Container): Promise<string[]> {
  const raw = await container
    .logs({ stdout: true, stderr: true, tail: 400, follow: false })
    .catch(() => undefined);
  if (raw === undefined) return [];
  return telling(withoutFrames(raw));
}

/** Pure part of `tellingLogs`: picks from a log of JSON lines, and of others such as a stack trace. */
export function telling(log: string): string[] {
  const lines = log.split('\n').filter((line) => line.trim() !== '');
  const serious = lines.filter((line) => (parseLine(line)?.level ?? WARN) >= WARN);
  return (serious.length > 0 ? serious : lines).slice(-MAX_LINES).map(brief);
}

function brief(line: string): string {
  const parsed = parseLine(line);
  if (parsed === undefined) return line;
  return (
    [parsed.msg, parsed.err?.message].filter((part) => part !== undefined && part !== '').join(': ') || line
  );
}

function parseLine(line: string): LogLine | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return undefined;
  }
}

/** Docker sends the logs of a container without a terminal in frames: stream, three zeros, length, payload. */
function withoutFrames(raw: Buffer): string {
  const parts: Buffer[] = [];
  for (let at = 0; at + 8 <= raw.length;) {
    const length = raw.readUInt32BE(at + 4);
    parts.push(raw.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return Buffer.concat(parts).toString('utf8');
}
