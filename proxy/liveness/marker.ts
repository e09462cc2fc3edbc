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

/** The mark on network namespaces: how it is set on one's own, and found on others. */
export interface KernelMark {
  set(marked: boolean): Promise<void>;
  /** Whether this namespace was marked before this process started. */
  isSet(): Promise<boolean>;
  /** Whether the kernel at this address has the mark: false also for one that was started anew, and for none at all. */
  isAt(ip: string): Promise<boolean>;
}

export const kernelMark: KernelMark = { set: setMark, isSet: isMarked, isAt: hasMark };

async function setMark(marked: boolean): Promise<void> {
  await runCommand('nft', ['-f', '-'], marked ? MARK : UNMARK);
}

function isMarked(): Promise<boolean> {
  return runCommand('nft', ['list', 'table', 'inet', TABLE]).then(
    () => true,
    () => false,
  );
}

function hasMark(ip: string): Promise<boolean> {
  const mark = familyOf(ip) === 'IPv6' ? MARK_IPV6 : MARK_IPV4;
  return new Promise((resolve) => {
    const socket = connect({ host: ip, port: LIVENESS_PORT });
    const timer = setTimeout(() => end(false), LOOK_TIMEOUT);
    const end = (answers: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answers);
    };
    socket.on('error', (error: NodeJS.ErrnoException) => end(error.code === mark));
    socket.on('connect', () => end(false));
  });
}
