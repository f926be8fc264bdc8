/** The dependencies of the operations. The composition root creates them; each is opened at its first use. */
import type { Agent } from "node:http";
import type { SweepableLake } from "../lake/sweepable-lake.ts";
import type { Logger } from "../model/ports/logger.ts";
import type { Database, OpenOptions } from "../state/sqlite/database.ts";
import type { DagLibrary } from "./dags/dag-library.ts";
import type { LostOutput } from "./lost-output.ts";

export interface App extends DagLibrary {
  readonly version: string;
  /** Changes with the program's code; `null` if the program runs from its sources. */
  readonly build: string | null;
  /** Who gives this process's commands, as events show it: `ana@host`. Orders of pages and API name their own user. */
  readonly user: string;
  readonly log: Logger;
  readonly lake: SweepableLake;
  /** Creates the agent of a client's connections; `undefined` if no proxy is configured. */
  readonly makeAgent: (() => Agent) | undefined;
  /** Failed writes to the process's standard output and standard error. */
  readonly lostOutput: LostOutput;
  /** Every mode that may write shares one connection. */
  openDatabase(mode: OpenOptions["mode"]): Promise<Database>;
}
