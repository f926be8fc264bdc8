/**
 * One turn of the loop: its steps in one transaction, then the work after the commit. turn-steps.ts lists the steps.
 */
import { describeError, isFencedOff, StateError } from "../../model/errors.ts";
import type { Clock } from "../../model/ports/clock.ts";
import type { WorkSettings } from "../commands/work-settings.ts";
import type { OwnWork } from "../commands/answer-requests.ts";
import type { Engine, StepOutcome } from "../engine/engine.ts";
import type { SourceFolder } from "../../model/ports/dag-source.ts";
import { AFTER_COMMIT, TURN_STEPS, type CommittedTurn, type TurnTools } from "./turn-steps.ts";

const PAUSE_AFTER_FAULT_MS = 5_000;

export interface TurnTaker extends TurnTools {
  readonly engine: Engine;
  readonly clock: Clock;
  /** A command with other settings is refused. */
  readonly settings: WorkSettings;
}

/**
 * Returns when to look again. A failed write is tried again after a pause. Raises errors that another try cannot fix:
 * `LEASE_LOST`, `DATABASE_MOVED`, and any error during a drain.
 */
export async function takeTurn(tools: TurnTaker, drain: AbortSignal): Promise<StepOutcome> {
  const { engine, service } = tools;
  const events = tools.unwritten.all;
  const folder = tools.reader.fresh;
  const { dags } = folder ?? tools.watch.folder;
  const own = describeOwnWork(tools, dags);
  let committed = undefined as CommittedTurn | undefined;
  try {
    const outcome = await engine.step("all", (query, now, guard) => {
      const turn = { query, now, guard, events, folder, dags, own };
      let isChanged = false;
      for (const step of TURN_STEPS) {
        if (step.makesWork && drain.aborted) continue;
        if (step.take(turn, tools)) isChanged = true;
      }
      committed = { at: now, events, folder, isChanged };
      return isChanged;
    });
    service.stepEnded(null);
    if (committed !== undefined) for (const step of AFTER_COMMIT) step.follow(committed, tools);
    return outcome;
  } catch (error) {
    if (isFencedOff(error) || drain.aborted) throw error;
    return pauseAfter(tools, drain, error);
  }
}

async function pauseAfter(tools: TurnTaker, drain: AbortSignal, error: unknown): Promise<StepOutcome> {
  const { clock, log, service, wakeSignal } = tools;
  if (error instanceof StateError && error.code === "DATABASE_FULL") service.diskFull();
  service.stepEnded(describeError(error));
  log.error(`The database could not be written; trying again in 5 s. ${describeError(error)}`);
  await clock.sleep(PAUSE_AFTER_FAULT_MS, drain).catch(() => undefined);
  wakeSignal.raise();
  return { wakeAt: null, isCareful: false };
}

function describeOwnWork({ settings, reader }: TurnTaker, dags: SourceFolder["dags"]): OwnWork {
  return {
    settings,
    findFingerprint(dagId) {
      const dag = dags.get(dagId);
      return dag?.enabled === true ? dag.fingerprint : undefined;
    },
    hasReadSince: (at) => reader.fresh === null && reader.hasReadSince(at),
  };
}
