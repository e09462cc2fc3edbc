import { useOwnCluster } from './cluster.ts';
import { PodlabCluster } from '../cli/testing/index.ts';
import { describeServices } from './services-suite.ts';

// Beside the shared one: that the two do not disturb each other is part of the test.
const lab = useOwnCluster('services', () => new PodlabCluster().withNodes(2).withProxyMode('userspace'));

describeServices('userspace', lab, 30082);
