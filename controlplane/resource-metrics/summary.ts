import { get, type IncomingMessage } from 'node:http';
import type { Dialer } from '../dialer.ts';

/** What podlab reads of a kubelet's `/stats/summary`. */
export interface Summary {
  readonly node: Usage;
  readonly pods: readonly {
    readonly podRef: { readonly uid: string };
    readonly containers: readonly ({ readonly name: string; readonly startTime: string } & Usage)[];
  }[];
}

interface Usage {
  /** Absent for what does not run. */
  readonly cpu?: { readonly time: string; readonly usageCoreNanoSeconds: number };
  readonly memory?: { readonly workingSetBytes: number };
}

const TIMEOUT_MILLISECONDS = 10_000;
/** Some kilobytes a Pod; a node has a few hundred at most. */
const MAX_BYTES = 8 * 1024 * 1024;

/** Asks a node's kubelet what runs there uses. Rejects when it cannot be reached or answers nonsense. */
export async function readSummary(dialer: Pick<Dialer, 'dialKubelet'>, nodeName: string): Promise<Summary> {
  const socket = await dialer.dialKubelet(nodeName);
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const signal = AbortSignal.timeout(TIMEOUT_MILLISECONDS);
      const request = get(
        { path: '/stats/summary', headers: { host: nodeName }, createConnection: () => socket, signal },
        resolve,
      );
      request.on('error', reject);
    });
    if (response.statusCode !== 200) throw new Error(`its kubelet answers ${response.statusCode}`);
    return JSON.parse(await textOf(response)) as Summary;
  } finally {
    socket.destroy();
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BYTES) throw new Error('the summary of its kubelet is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
