import { defineConfig } from 'vitest/config';

/**
 * `unit` runs beside the code and needs nothing but Node.
 * `integration` starts clusters: it needs the Docker engine and the images that `npm test` prepares.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{api,proto,controlplane,agent,proxy,cli}/**/*.test.ts'],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/**/*.test.ts'],
          globalSetup: ['test/setup.ts'],
          // Everything carries the cluster's label, by which it is removed: no reaper needs to be pulled for that.
          env: { TESTCONTAINERS_RYUK_DISABLED: 'true' },
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
