/** Turns a backfill's arguments into a request: the Dag, its slots in the range, and which runs to run again. */
import type { SlottedBackfill } from "../../scheduler/commands/backfill.ts";
import type { DagVersions } from "../../scheduler/commands/named-dag.ts";
import type { App } from "../app.ts";
import { warnPaused } from "../dags/warn-paused.ts";
import { readBackfill, type BackfillWords } from "./order-backfill.ts";

export interface AskedBackfill {
  readonly request: SlottedBackfill;
  /** The Dag, and the Dags that it may follow. */
  readonly dags: DagVersions;
}

/** Raises `DAG_UNKNOWN`, `DAG_INVALID`, `BACKFILL_EMPTY`; `USAGE` for a Dag that is off and for invalid arguments. */
export async function requestBackfill(
  app: App,
  words: BackfillWords & { readonly dagId: string },
): Promise<AskedBackfill> {
  const folder = await app.loadDags();
  const { definition, fingerprint } = app.pickEnabledDag(folder, words.dagId);
  await warnPaused(app, definition.dagId);
  const { dags } = folder;
  return { request: readBackfill({ definition, fingerprint }, dags, words), dags };
}
