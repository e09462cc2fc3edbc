import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runCommand } from '#api/command.ts';
import { TIMEOUTS_COMMAND } from './conntrack-timeouts.ts';
import { labObstacle } from './testing/lab.ts';

const PREFIX = '/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_';
const able = labObstacle() === undefined && existsSync(`${PREFIX}close_wait`);

test.runIf(able)(
  'a node remembers TCP connections as long as kube-proxy has it, half-closed ones too',
  async () => {
    const show = `"$@" && cat ${PREFIX}established ${PREFIX}close_wait`;
    const shown = await runCommand('unshare', ['--net', 'sh', '-c', show, 'sh', ...TIMEOUTS_COMMAND]);
    expect(shown.trim().split('\n')).toEqual(['86400', '3600']);
  },
);
