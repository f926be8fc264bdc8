/** Warns when a run of a paused Dag is requested: the run starts, but the schedule creates none. */
import type { App } from "../app.ts";
import { readDagRows } from "./read-dag-row.ts";

export async function warnPaused(app: App, dagId: string): Promise<void> {
  const { rows } = await readDagRows(app);
  if (rows.get(dagId)?.isPaused !== true) return;
  app.log.warn(
    `${dagId} is paused: this run starts anyway, but its schedule creates no runs until \`dagmar dags unpause ${dagId}\`.`,
  );
}
