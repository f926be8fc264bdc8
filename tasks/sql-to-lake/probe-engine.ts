/** Starts the engine's process without any work: whether DuckDB is installed and can be loaded, and which version it is. */
import { randomUUID } from "node:crypto";
import type { TaskEngine } from "../../model/ports/examination.ts";
import { describeProbeFault } from "./engine-fault.ts";
import type { FoundNames, NamesJob } from "./engine/job.ts";
import { ENGINE, runEngine } from "./run-engine.ts";
import { createTempFolders } from "./temp-folder.ts";

export const DUCKDB: TaskEngine = {
  name: "duckdb",
  async probe({ clock, signal }) {
    const cookie = `probe@${randomUUID()}`;
    const folder = await createTempFolders("probe").open(cookie);
    const job: NamesJob = { kind: "names", folder: folder.path, memory: "64MB", threads: 1, sql: "SELECT 1" };
    const tools = { taskId: "doctor", cookie, clock, signal, module: ENGINE };
    try {
      const answer = await runEngine<FoundNames>(Promise.resolve(job), {
        ...tools,
        progress: () => undefined,
      });
      if (answer.kind !== "fault") return answer.engine;
      throw describeProbeFault(answer);
    } finally {
      await folder.remove();
    }
  },
};
