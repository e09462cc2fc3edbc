import { testProxier } from '../testing/contract.ts';

const aServicesChain = `$(nft list chains ip | grep -o 'service-[^ ]*/[^ ]*' | head -1)`;

testProxier('nftables', {
  abilities: { keepsSource: true, drops: true, outlivesProcess: true },
  damages: [
    ['deleted the table', 'nft delete table ip podlab-proxy'],
    ['flushed all of IPv4’s rules', 'nft flush ruleset ip'],
    ['emptied a chain', 'nft flush chain ip podlab-proxy services'],
    ['emptied a Service’s chain', `nft flush chain ip podlab-proxy ${aServicesChain}`],
    ['added a rule', 'nft insert rule ip podlab-proxy services drop'],
    ['deleted an element', 'nft delete element ip podlab-proxy service-ips { 10.96.7.7 . tcp . 80 }'],
    [
      'added an element',
      'nft add element ip podlab-proxy no-endpoint-services { 10.96.7.7 . tcp . 80 : drop }; nft flush map ip podlab-proxy service-ips',
    ],
  ],
});
