import { testProxier } from '../testing/contract.ts';

testProxier('userspace');
