import { expect, it } from 'vitest';
import { urlOf } from './service-url.ts';

const ports = [{ name: 'web', port: 80, nodePort: 30050 }];

it('gives the node port of a NodePort Service, by port number or name', () => {
  const service = { spec: { type: 'NodePort', ports } };
  expect(urlOf(service, 'default/x', 80, '172.18.0.3')).toBe('http://172.18.0.3:30050');
  expect(urlOf(service, 'default/x', 'web', '172.18.0.3')).toBe('http://172.18.0.3:30050');
});

it('gives the external address of a LoadBalancer Service', () => {
  const status = { loadBalancer: { ingress: [{ ip: '172.18.255.254' }] } };
  expect(urlOf({ spec: { type: 'LoadBalancer', ports }, status }, 'default/x', 80, 'n')).toBe(
    'http://172.18.255.254:80',
  );
});

it('says why a ClusterIP Service has no such URL', () => {
  const service = { spec: { type: 'ClusterIP', ports: [{ port: 80 }] } };
  expect(() => urlOf(service, 'default/x', 80, 'n')).toThrow('Service default/x is of type ClusterIP');
});

it('names the ports that there are', () => {
  expect(() => urlOf({ spec: { ports } }, 'default/x', 81, 'n')).toThrow('has no port 81, but 80');
});
