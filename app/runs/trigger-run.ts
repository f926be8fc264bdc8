/** Creates a run and does not wait for it: the scheduler creates it, or this process does and the run waits for a scheduler. */
import type { Params } from "../../model/dag/dag.ts";
import type { DagRun } from "../../model/run/dag-run.ts";
import { nameDag } from "../../scheduler/commands/named-dag.ts";
import type { PreparedRun } from "../../scheduler/commands/prepare-run.ts";
import { readRun } from "../../state/runs/dag-runs.ts";
import type { DagVersion } from "../../state/runs/dag-runs.ts";
import type { App } from "../app.ts";
import { carryOut, onlyDag, openForWork } from "../lease-work.ts";
import { findLostWork, type LostObject } from "./find-lost-work.ts";

export interface TriggerRequest {
  readonly version: DagVersion;
  /** ISO UTC; `null` for now. */
  readonly logicalDate: string | null;
  readonly params: Params;
}

export interface TriggeredRun {
  readonly run: DagRun;
  readonly how: PreparedRun["how"];
  readonly isScheduler: boolean;
  /** For a run that had already succeeded: its objects that the store no longer holds. */
  readonly lost: readonly LostObject[];
}

export async function triggerRun(
  app: App,
  { version, ...asked }: TriggerRequest,
  drain: AbortSignal,
): Promise<TriggeredRun> {
  const request = {
    ...asked,
    dag: nameDag(version),
    isNew: true,
    onlyTasks: null,
    namedTasks: [],
    isRerun: false,
    isRefetch: false,
  };
  await openForWork(app, version.definition, null);
  const { answer, isScheduler } = await carryOut(app, { kind: "run", request }, drain, onlyDag(version));
  const { dagRunId, how } = answer;
  const database = await app.openDatabase("existing");
  const work = { dagRunIds: [dagRunId], taskIds: null };
  const lost = how === "done" ? await findLostWork(database, app.lake, work, drain) : [];
  return { run: readRun(database, dagRunId), how, isScheduler, lost };
}
