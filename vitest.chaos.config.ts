/** The suite that breaks things on purpose: `npm run test:chaos`, or `npm run test:chaos -- --long` for all of it. */
import { defineConfig } from "vitest/config";

// oxlint-disable-next-line import/no-default-export -- vitest looks for it
export default defineConfig({
  test: {
    include: ["test/chaos/**/*.test.ts"],
    globalSetup: ["test/support/build-once.ts"],
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // Seeds and figures of a test that passes are worth reading too.
    reporters: ["default", "./test/support/plain-summary.ts"],
    pool: "forks",
    maxWorkers: 2,
  },
});
