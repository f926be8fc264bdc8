/** Runs the quickstart in the project's `data/quickstart`. Only here is the environment read, to hand it to the runs. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runQuickstart } from "./run-quickstart.ts";

/** The project; this file is `dist/quickstart/main.js` in it when it runs. */
const project = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

process.exitCode = await runQuickstart({
  folder: join(project, "data", "quickstart"),
  dagsFolder: join(project, "dags"),
  cliPath: join(project, "dist", "cli", "main.js"),
  hasEngine: hasEngine(),
  environment: process.env,
  print: (line) => console.log(line),
});

/** DuckDB is an optional package. */
function hasEngine(): boolean {
  return existsSync(join(project, "node_modules", "@duckdb", "node-api"));
}
