/** Warns when runs of a paused Dag are asked for: they are made, and its schedule makes none. */
import type { App } from "../app.ts";
import { readDagRows } from "./read-dag-row.ts";

export async function warnPaused(app: App, dagId: string): Promise<void> {
  const { rows } = await readDagRows(app);
  if (rows.get(dagId)?.isPaused !== true) return;
  app.log.warn(
    `${dagId} is paused: what is asked for by hand is run all the same; its schedule makes no runs before \`dagmar dags unpause ${dagId}\`.`,
  );
}
