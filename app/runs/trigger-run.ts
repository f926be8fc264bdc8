/** Asks for a run and does not wait for it: the scheduler makes it, or it is made here and waits for one. */
import type { Params } from "../../model/dag/dag.ts";
import type { DagRun } from "../../model/run/dag-run.ts";
import type { PreparedRun } from "../../scheduler/commands/prepare-run.ts";
import { readRun } from "../../state/runs/dag-runs.ts";
import type { DagVersion } from "../../state/runs/dag-runs.ts";
import type { App } from "../app.ts";
import { carryOut } from "../lease-work.ts";

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
}

export async function triggerRun(app: App, asked: TriggerRequest, drain: AbortSignal): Promise<TriggeredRun> {
  const request = {
    ...asked,
    isNew: true,
    onlyTasks: null,
    namedTasks: [],
    isRerun: false,
    isRefetch: false,
  };
  const { answer, isScheduler } = await carryOut(app, { kind: "run", request }, drain);
  const run = readRun(await app.openDatabase("read"), answer.dagRunId);
  return { run, how: answer.how, isScheduler };
}
