/** Turns a backfill's arguments into a request: the Dag, its slots in the range, and which runs to run again. */
import { CommandRefused } from "../../model/errors.ts";
import { addSlots, type SlottedBackfill } from "../../scheduler/commands/backfill.ts";
import type { DagVersions } from "../../scheduler/commands/named-dag.ts";
import { REPROCESS } from "../../state/runs/backfills.ts";
import type { App } from "../app.ts";
import { warnPaused } from "../dags/warn-paused.ts";
import { readRange } from "../runs/read-range.ts";

export interface BackfillWords {
  readonly dagId: string;
  /** Both are a day or an instant, and included. */
  readonly from: string;
  readonly to: string;
  readonly reprocess: string;
  readonly isRefetch: boolean;
  /** `null`: the Dag's own `max_active_runs`. */
  readonly maxActive: number | null;
}

export interface AskedBackfill {
  readonly request: SlottedBackfill;
  /** The Dag, and the Dags that it may follow. */
  readonly dags: DagVersions;
}

/** Raises `DAG_UNKNOWN`, `DAG_INVALID`, `BACKFILL_EMPTY`; `USAGE` for a Dag that is off and for invalid arguments. */
export async function requestBackfill(app: App, words: BackfillWords): Promise<AskedBackfill> {
  const folder = await app.loadDags();
  const { definition, fingerprint } = app.pickEnabledDag(folder, words.dagId);
  await warnPaused(app, definition.dagId);
  const reprocess = REPROCESS.find((one) => one === words.reprocess);
  if (reprocess === undefined) {
    throw new CommandRefused("USAGE", `--reprocess is one of ${REPROCESS.join(", ")}.`);
  }
  const { from, to } = readRange(words.from, words.to, definition.timezone);
  const { dags } = folder;
  const request = {
    version: { definition, fingerprint },
    from: from.toISOString(),
    to: to.toISOString(),
    reprocess,
    isRefetch: words.isRefetch,
    maxActive: words.maxActive,
  };
  return { request: addSlots(request, dags), dags };
}
