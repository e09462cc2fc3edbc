/** A process that carries one Service's port in userspace mode, for the bench: arguments are its port and the endpoint's. Answers with the processor time that it took. */
import pino from 'pino';
import { realClock } from '#api/clock.ts';
import { AccessLog } from '../../../proxy/userspace/access-log.ts';
import { Backend } from '../../../proxy/userspace/backend.ts';
import { HttpCarrier } from '../../../proxy/userspace/http/http-carrier.ts';
import { NodeNetwork } from '../../../proxy/userspace/node-network.ts';
import { TcpListener } from '../../../proxy/userspace/tcp-listener.ts';

const [port = 0, endpointPort = 0] = process.argv.slice(2).map(Number);
const endpoint = { ip: '127.0.0.1', port: endpointPort, nodeName: 'bench', local: true };
const service = {
  namespace: 'default',
  service: 'web',
  portName: 'http',
  protocol: 'TCP',
  family: 'IPv4',
  appProtocol: 'http',
  clusterIp: '127.0.0.1',
  port,
  nodePort: 0,
  externalIps: [],
  loadBalancerIps: [],
  sourceRanges: [],
  affinitySeconds: 0,
  externalTrafficLocal: false,
  internalTrafficLocal: false,
  endpoints: [endpoint],
  localEndpoints: [endpoint],
  servingEndpoints: [endpoint],
} as const;

const access = new AccessLog(pino(pino.destination('/dev/null')));
const http = new HttpCarrier(access);
const backend = new Backend(service, new NodeNetwork([], []), realClock);
const listener = new TcpListener(
  {
    protocol: 'TCP',
    family: 'IPv4',
    ip: '127.0.0.1',
    port,
    entrance: 'clusterIP',
    serviceKey: 'web',
    mayBeHttp: true,
  },
  backend,
  http,
  access,
);
await listener.listen();
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.((user + system) / 1e6);
});
process.on('disconnect', () => process.exit());
process.send?.('listening');
