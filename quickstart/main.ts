/** Runs the quickstart in the project's `data/quickstart`. Only here is the environment read, to hand it to the runs. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runQuickstart } from "./run-quickstart.ts";

/** The project; this file is `dist/quickstart/main.js` in it when it runs. */
const project = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

process.exitCode = await runQuickstart({
  folder: join(project, "data", "quickstart"),
  dagsFolder: join(project, "dags"),
  cliPath: join(project, "dist", "cli", "main.js"),
  environment: process.env,
  print: (line) => console.log(line),
});
