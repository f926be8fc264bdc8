/** One run of a Dag by the real command line, measured as the whole process that it is. */
import { measureProcess, type Measured } from "./measure-process.ts";
import { CLI, type Workspace } from "./workspace.ts";

/** The logical date of a benchmark's first run. Any day will do: it is not the machine's. */
export const FIRST_DAY = "2026-11-23";

/** `args`: the Dag's id and options of `dagmar run`. Raises when the run does not succeed. */
export function runDag(workspace: Workspace, ...args: readonly string[]): Promise<Measured> {
  return measureProcess(process.execPath, [CLI, "run", ...args], workspace);
}
