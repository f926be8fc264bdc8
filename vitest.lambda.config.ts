/** The suite of the packages for AWS Lambda, unpacked and started as Lambda does: `npm run test:lambda`. */
import { defineConfig } from "vitest/config";

// oxlint-disable-next-line import/no-default-export -- vitest looks for it
export default defineConfig({
  test: {
    include: ["test/lambda/**/*.test.ts"],
    globalSetup: ["test/lambda/support/package-once.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ["default", "./test/support/plain-summary.ts"],
    pool: "forks",
    maxWorkers: 2,
  },
});
