import { runCommand } from '#api/command.ts';

/**
 * Sends unsolicited neighbour advertisements (RFC 4861, 7.2.6), as `arping -U` does for IPv4. Node has no raw sockets, the image no such tool, and
 * the kernel announces an address only after duplicate address detection; Perl is in every Debian.
 */
const SCRIPT = `
use strict;
use Socket qw(:all);
my ($index, $mac, @addresses) = @ARGV;
for my $round (1, 2) {
  for my $ip (@addresses) {
    my $target = inet_pton(AF_INET6, $ip);
    socket(my $socket, AF_INET6, SOCK_RAW, 58) or die "socket: $!";
    setsockopt($socket, 41, 18, pack("i", 255)) or die "multicast hops: $!";
    bind($socket, pack_sockaddr_in6(0, $target)) or die "bind $ip: $!";
    my $message = pack("CCnN", 136, 0, 0, 0x20000000) . $target . pack("CCH*", 2, 1, $mac =~ s/://gr);
    send($socket, $message, 0, pack_sockaddr_in6(0, inet_pton(AF_INET6, "ff02::1"), $index)) or die "send: $!";
  }
  select(undef, undef, undef, 0.5) if $round == 1;
}
`;

/** Tells all neighbours on the interface that these addresses, which it holds, are at `mac` now; twice. */
export async function advertiseIpv6(index: number, mac: string, ips: readonly string[]): Promise<void> {
  await runCommand('perl', ['-', String(index), mac, ...ips], SCRIPT);
}
