/** What the operations work with. The composition root puts it together; nothing in it is opened before it is used. */
import type { Agent } from "node:http";
import type { SweepableLake } from "../lake/sweepable-lake.ts";
import type { Logger } from "../model/ports/logger.ts";
import type { Database, OpenOptions } from "../state/sqlite/database.ts";
import type { DagLibrary } from "./dags/dag-library.ts";
import type { LostOutput } from "./lost-output.ts";

export interface App extends DagLibrary {
  readonly version: string;
  /** Changes with the program's code; `null` for one that is run from its sources. */
  readonly build: string | null;
  readonly log: Logger;
  readonly lake: SweepableLake;
  /** Makes what a client's connections go through; `undefined` where no proxy is configured. */
  readonly makeAgent: (() => Agent) | undefined;
  /** The process's own output, as far as it could not be written. */
  readonly lostOutput: LostOutput;
  /** One connection that may write, however often it is asked for. */
  openDatabase(mode: OpenOptions["mode"]): Promise<Database>;
}
