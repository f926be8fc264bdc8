/** What one run waits for: the run as a whole, each of its open tasks, and which ended runs hold it. Only reads. */
import type { DagRun } from "../../model/run/dag-run.ts";
import type { Limits } from "../../scheduler/engine/world.ts";
import { explainRun, explainTurn, explainWaits, type WaitingTask } from "../../scheduler/runs/explain-run.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { explainEach } from "./report-waits.ts";

export interface RunWaits {
  /** Why each open task is not running. */
  readonly waiting: readonly WaitingTask[];
  /** Why a queued run does not start, in short. */
  readonly turn: string | null;
  /** The same, with the reasons of the runs before it. */
  readonly waits: string | null;
  /** Nothing that is running or comes due lets it continue: a person has to act. */
  readonly isStuck: boolean;
  /** The ended runs that hold it. */
  readonly heldBy: readonly DagRun[];
}

export function describeWaits(query: Query, run: DagRun, limits: Limits, now: Date): RunWaits {
  const [wait] = explainWaits(query, [run], limits, now);
  return {
    waiting: explainRun(query, run.dagRunId, limits, now),
    turn: explainTurn(query, run),
    waits: explainEach(query, [run], limits, now).get(run.dagRunId) ?? null,
    isStuck: wait?.isStuck ?? false,
    heldBy: wait?.heldBy ?? [],
  };
}
