/** Tells who asks for runs of a paused Dag what that means: they are made, and its schedule makes none. */
import { readDagRows } from "./read-dag-row.ts";
import type { App } from "../app.ts";

export async function tellPaused(app: App, dagId: string): Promise<void> {
  const { rows } = await readDagRows(app.settings.databaseFile);
  if (rows.get(dagId)?.isPaused !== true) return;
  app.log.warn(
    `${dagId} is paused: what is asked for by hand is run all the same; its schedule makes no runs before \`dagmar dags unpause ${dagId}\`.`,
  );
}
