import { testProxier } from '../testing/contract.ts';

testProxier('userspace', {
  abilities: { keepsSource: false, drops: false, outlivesProcess: false },
  damages: [['took the addresses away', 'ip addr flush dev lo label lo:svc']],
});
