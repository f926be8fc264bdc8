/** Cancels a Dag's running backfill. */
import type { App } from "../app.ts";
import { carryOut } from "../lease-work.ts";

/** How many of its runs were open; 0 if none is running. Raises `DAG_UNKNOWN`, `DAG_INVALID`. */
export async function cancelBackfill(app: App, dagId: string, drain: AbortSignal): Promise<number> {
  const { definition } = app.pickDag(await app.loadDags(), dagId);
  const command = { kind: "cancel_backfill", dagId: definition.dagId, lakeId: app.lake.id } as const;
  const { answer } = await carryOut(app, command, drain);
  return answer.cancelled;
}
