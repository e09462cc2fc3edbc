import type { DeviceSubRequest, ExactDeviceRequest, ResourceClaimSpec } from '#api/gen/types.ts';

/** What a ResourceClaim's spec leaves out (pkg/apis/resource/v1/defaults.go). */
export function defaultClaimSpec(spec: ResourceClaimSpec): void {
  spec.devices ??= {};
  for (const { exactly, firstAvailable = [] } of spec.devices.requests ?? []) {
    for (const request of exactly === undefined ? firstAvailable : [exactly, ...firstAvailable]) {
      defaultRequest(request);
    }
  }
}

function defaultRequest(request: ExactDeviceRequest | DeviceSubRequest): void {
  request.allocationMode ??= 'ExactCount';
  if (request.allocationMode === 'ExactCount') request.count ??= 1;
}
