import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { IPV4 } from '../testing/addresses.ts';
import { Lab, labObstacle } from '../testing/lab.ts';
import { LIVENESS_PORT, MARK, UNMARK } from './marker.ts';

describe.skipIf(labObstacle() !== undefined)('the mark of a kernel that carries Services by itself', () => {
  const lab = new Lab('marker');
  beforeAll(() => lab.start());
  afterAll(() => lab.stop());

  /** The error of connecting from outside, as `hasMark` sees it. */
  const refusal = (ip: string): Promise<string> =>
    lab.outside.shell(
      `timeout 5 ${process.execPath} -e 'require("node:net").connect(${LIVENESS_PORT}, "${ip}").on("error", (error) => console.log(error.code))'`,
    );

  test('is seen from outside at once, over both families, and its absence as well', async () => {
    await lab.node.shell(
      'sysctl -qw net.ipv6.conf.all.disable_ipv6=0; ip addr add fd00:30::2/64 dev eth0 nodad',
    );
    await lab.outside.shell(
      'sysctl -qw net.ipv6.conf.all.disable_ipv6=0; ip addr add fd00:30::1/64 dev eth0 nodad',
    );
    expect((await refusal(IPV4.nodeIp)).trim()).toBe('ECONNREFUSED');
    await lab.node.shell(`nft -f - <<'END'\n${MARK}\nEND`);
    expect((await refusal(IPV4.nodeIp)).trim()).toBe('ENOPROTOOPT');
    expect((await refusal('fd00:30::2')).trim()).toBe('EACCES');
    await lab.node.shell(`nft -f - <<'END'\n${UNMARK}\nEND`);
    expect((await refusal(IPV4.nodeIp)).trim()).toBe('ECONNREFUSED');
  });
});
