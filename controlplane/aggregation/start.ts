import type { Running } from '../controllers/context.ts';
import { startAuthenticationConfig } from './authentication-config.ts';
import { type AvailableControllerOptions, startAvailableController } from './available-controller.ts';

/** Starts what keeps APIServices usable. `cas`: PEM. */
export function startAggregation(
  options: AvailableControllerOptions,
  cas: { readonly client: string; readonly frontProxy: string },
): Running {
  const running = [
    startAvailableController(options),
    startAuthenticationConfig(options.client, cas, options),
  ];
  return {
    async stop() {
      await Promise.all(running.map((one) => one.stop()));
    },
  };
}
