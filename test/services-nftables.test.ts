import { useNamespace } from './cluster.ts';
import { describeServices } from './services-suite.ts';

describeServices('nftables', useNamespace('services'), 30081);
