import { expect, test } from 'vitest';
import { joinProof } from './join-proof.ts';

/** Self-signed, with nothing to them but that they differ. */
const CAS = [
  `-----BEGIN CERTIFICATE-----
MIIBdzCCAR2gAwIBAgIUZNp5ZEyDwAzKp33FI7ekmwQctv8wCgYIKoZIzj0EAwIw
EDEOMAwGA1UEAwwFdGVzdDAwIBcNMjYxMTIzMTY1NjM2WhgPMjEyNjEwMzAxNjU2
MzZaMBAxDjAMBgNVBAMMBXRlc3QwMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
dtDXPoLpHCi+Q2g8moT1EyFE3PAG+HYKV3D5IyfMoxbP8ZtDOFSo6PslqUOFI7SR
wnO9+VogPjgETgFChYoNSKNTMFEwHQYDVR0OBBYEFMElhmgoYu8GkiJJ2NhrvHND
Wgb8MB8GA1UdIwQYMBaAFMElhmgoYu8GkiJJ2NhrvHNDWgb8MA8GA1UdEwEB/wQF
MAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhAPwnCg1qRq4bJBOkF/wy15egs+I8VRMN
S/m1HoFB0XY8AiBYV+MKh7voxiT2qe/GvhgLdA20ikRoUk1foI1UEIOfEg==
-----END CERTIFICATE-----
`,
  `-----BEGIN CERTIFICATE-----
MIIBeDCCAR2gAwIBAgIUSS8U3bNiqSKe8NVIGKTnv2mJTNIwCgYIKoZIzj0EAwIw
EDEOMAwGA1UEAwwFdGVzdDEwIBcNMjYxMTIzMTY1NjM2WhgPMjEyNjEwMzAxNjU2
MzZaMBAxDjAMBgNVBAMMBXRlc3QxMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
tyiLa1giBLIdUSzIk9Gxn4MOIp2IaGUOpWcYKEHGI7gmbMsWw/WX1zvagICJq/0k
GK915Uu9UYQvCiygevVrM6NTMFEwHQYDVR0OBBYEFAWnN2Ga0PufwF2SDzVu+7pT
8c1cMB8GA1UdIwQYMBaAFAWnN2Ga0PufwF2SDzVu+7pT8c1cMA8GA1UdEwEB/wQF
MAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhAL/CPNFpbhXLUdwJFrStiZaJCKxe5GOM
OvnmQDUv/PpOAiEAuQXQNJbEKVkUpUWKPQ9XbEprhXWhjlH02D12KJvVS4A=
-----END CERTIFICATE-----
`,
];

const caPem = (which: number): string => CAS[which]!;

test('a proof is of one token, side, CA, node and request', () => {
  const about = { caPem: caPem(0), nodeName: 'node1', csrPem: 'c' };
  const proofs = [
    joinProof('secret', 'agent', about),
    joinProof('other', 'agent', about),
    joinProof('secret', 'control plane', about),
    joinProof('secret', 'agent', { ...about, caPem: caPem(1) }),
    joinProof('secret', 'agent', { ...about, nodeName: 'node2' }),
    joinProof('secret', 'agent', { ...about, csrPem: 'd' }),
  ].map((proof) => proof.toString('hex'));
  expect(new Set(proofs).size).toBe(proofs.length);
  expect(joinProof('secret', 'agent', { ...about }).toString('hex')).toBe(proofs[0]);
});
