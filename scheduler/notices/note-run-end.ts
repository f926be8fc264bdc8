/**
 * Which end of a run gets a notice: the failure that reaches the limit in a row, once, and the first success after
 * it. send-notices.ts sends the notices.
 */
import { cutText } from "../../model/text/cut-text.ts";
import type { DagRun } from "../../model/run/dag-run.ts";
import type { Notice, NoticeTarget } from "../../model/ports/notice.ts";
import { nameRun } from "../../model/run/run-name.ts";
import { countNoun } from "../../model/text/count-noun.ts";
import type { Query } from "../../state/sqlite/query.ts";
import {
  findFirstFailure,
  findNewestNotice,
  insertNotice,
  readFailureStreak,
  type FailureStreak,
} from "../../state/control/notices.ts";

const REASON_LENGTH = 500;

export interface NoticeSettings {
  /** Failed runs in a row, from 1. */
  readonly after: number;
  /** Where notices go; none without a target. */
  readonly targets: readonly NoticeTarget[];
}

/**
 * Call it in the transaction that ends the run, with the run's new row. The last notice is read from the notices'
 * rows, so a failed run that is cleared and fails again gets no second notice.
 */
export function noteRunEnd(query: Query, run: DagRun, settings: NoticeSettings, now: Date): void {
  if (settings.targets.length === 0 || (run.state !== "failed" && run.state !== "success")) return;
  const newest = findNewestNotice(query, run.dagId);
  // The common case: no open failure notice, so a success needs none.
  if (run.state === "success" && newest?.kind !== "failure") return;
  const streak = readFailureStreak(query, run);
  const told = isOfStreak(newest, streak) ? newest : undefined;
  const { dagId, runId } = run;
  if (run.state === "success") {
    if (told === undefined) return;
    const failures = Math.max(streak.failures, told.failures);
    const message = `${dagId} has recovered after ${countNoun(failures, "failure")}: ${nameRun(run)}`;
    insertNotice(query, { dagId, runId, kind: "recovery", failures, message }, settings.targets, now);
    return;
  }
  const failures = streak.failures + 1;
  if (told !== undefined || failures < settings.after) return;
  const message = describeFailure(query, run, failures);
  insertNotice(query, { dagId, runId, kind: "failure", failures, message }, settings.targets, now);
}

/**
 * A failure notice from before the last success no longer counts: that success got no notice, for example because no
 * target was configured.
 */
function isOfStreak(notice: Notice | undefined, { since }: FailureStreak): notice is Notice {
  return notice?.kind === "failure" && (since === null || notice.createdAt >= since);
}

function describeFailure(query: Query, run: DagRun, failures: number): string {
  const head =
    failures === 1
      ? `${nameRun(run)} failed`
      : `${run.dagId} failed ${failures} times in a row, last in ${nameRun(run)}`;
  const reason = findReason(query, run);
  return reason === undefined ? head : `${head}: ${reason}`;
}

function findReason(query: Query, run: DagRun): string | undefined {
  const failure = findFirstFailure(query, run.dagRunId);
  if (failure !== undefined) {
    const { taskId, message } = failure;
    return message === null ? taskId : `${taskId}: ${cutText(message, REASON_LENGTH)}`;
  }
  return run.stopReason === "timed_out" ? "it took longer than its timeout" : undefined;
}
