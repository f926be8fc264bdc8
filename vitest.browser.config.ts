/** The suite in a real browser: `npm run test:web`. Its pictures are in coverage/pages. */
import { defineConfig } from "vitest/config";

// oxlint-disable-next-line import/no-default-export -- vitest looks for it
export default defineConfig({
  test: {
    include: ["test/browser/**/*.test.ts"],
    globalSetup: ["test/support/build-once.ts"],
    testTimeout: 120_000,
    hookTimeout: 180_000,
    reporters: ["default", "./test/support/plain-summary.ts"],
    pool: "forks",
    maxWorkers: 1,
  },
});
