import { connect } from 'node:net';
import { runCommand } from '#api/command.ts';
import { familyOf } from '#api/ip.ts';

/** Of beats over UDP; over TCP nobody listens on it. */
export const LIVENESS_PORT = 7946;
/** Marks a network namespace whose kernel carries Services by itself. */
const TABLE = 'podlab-liveness';
/** How a kernel with the mark refuses a connection: otherwise than one without it, and at once. */
const MARK_IPV4 = 'ENOPROTOOPT';
const MARK_IPV6 = 'EACCES';
const LOOK_TIMEOUT = 350;

export const MARK = `
add table inet ${TABLE}
delete table inet ${TABLE}
table inet ${TABLE} {
  comment "tells other nodes that this one carries Services also while its process does not run"
  chain input {
    type filter hook input priority filter - 10; policy accept;
    meta nfproto ipv4 tcp dport ${LIVENESS_PORT} reject with icmp type prot-unreachable
    meta nfproto ipv6 tcp dport ${LIVENESS_PORT} reject with icmpv6 type admin-prohibited
  }
}
`;
export const UNMARK = `add table inet ${TABLE}\ndelete table inet ${TABLE}\n`;

/** What a look at another kernel finds: one without the mark was started anew, or is never left to carry Services alone. */
export type KernelLook = 'marked' | 'unmarked' | 'silent';

/** The mark on network namespaces: how it is set on one's own, and found on others. */
export interface KernelMark {
  set(marked: boolean): Promise<void>;
  /** Whether this namespace was marked before this process started. */
  isSet(): Promise<boolean>;
  look(ip: string): Promise<KernelLook>;
}

export const kernelMark: KernelMark = { set: setMark, isSet: isMarked, look: lookAt };

async function setMark(marked: boolean): Promise<void> {
  await runCommand('nft', ['-f', '-'], marked ? MARK : UNMARK);
}

function isMarked(): Promise<boolean> {
  return runCommand('nft', ['list', 'table', 'inet', TABLE]).then(
    () => true,
    () => false,
  );
}

function lookAt(ip: string): Promise<KernelLook> {
  const mark = familyOf(ip) === 'IPv6' ? MARK_IPV6 : MARK_IPV4;
  return new Promise((resolve) => {
    const socket = connect({ host: ip, port: LIVENESS_PORT });
    // Where the process was held up, the answer may have come meanwhile: it is read before the immediate.
    const timer = setTimeout(() => setImmediate(() => end('silent')), LOOK_TIMEOUT);
    const end = (found: KernelLook): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(found);
    };
    socket.on('error', ({ code }: NodeJS.ErrnoException) => {
      if (code === mark) end('marked');
      else end(code === 'ECONNREFUSED' ? 'unmarked' : 'silent');
    });
    socket.on('connect', () => end('unmarked'));
  });
}
