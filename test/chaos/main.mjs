/** Starts the chaos suite: `--long` runs all of it instead of what ten minutes allow; everything else is vitest's. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const args = process.argv.slice(2);
const isLong = args.includes("--long");
const child = spawn(
  process.execPath,
  [
    fileURLToPath(new URL("../../node_modules/vitest/vitest.mjs", import.meta.url)),
    "run",
    "--config",
    "vitest.chaos.config.ts",
    ...args.filter((arg) => arg !== "--long"),
  ],
  {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    stdio: "inherit",
    env: { ...process.env, ...(isLong ? { DAGMAR_TEST_CHAOS_LONG: "1" } : {}) },
  },
);
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code) => {
  process.exitCode = code ?? 1;
});
