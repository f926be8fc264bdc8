/** Statements about notices and requests: each touches one row, or those that it names. */
import { describe, expect, test } from "vitest";
import type { DagRun } from "../../../model/run/dag-run.ts";
import type { Notice } from "../../../model/ports/notice.ts";
import {
  endNotice,
  findDueNotice,
  findFirstFailure,
  findNewestNotice,
  findNextDueAt,
  listLastEnds,
  postponeNotice,
  readFailureStreak,
} from "../../../state/control/notices.ts";
import {
  abandonRequests,
  answerRequest,
  beginRequest,
  findKeyedRequest,
  forgetOldKeys,
  hasOpenRequests,
  keepReply,
  listOpenRequests,
  readAnswer,
  withdrawRequest,
} from "../../../state/control/requests.ts";
import { AT, NOW, openRows, THEN, type Reading, type Writing } from "../rows.ts";

const minute = (number: number): string => `2026-11-24T12:${String(number).padStart(2, "0")}:00.000Z`;
const FAR = new Date("2026-11-25T00:00:00.000Z");

describe("notices", () => {
  const hook = { state: "open", channel: "webhook", next_try_at: minute(0) };
  const mail = { ...hook, channel: "mail", recipient: "x" };
  const rows = openRows({
    notices: [
      { notice_id: 1, dag_id: "a", ...hook, state: "sent", sent_at: AT },
      { notice_id: 2, dag_id: "a", ...hook, next_try_at: minute(2) },
      { notice_id: 3, dag_id: "a", ...hook },
      { notice_id: 4, dag_id: "b", ...hook, next_try_at: minute(1) },
      { notice_id: 5, dag_id: "b", ...mail, next_try_at: minute(3) },
      { notice_id: 6, dag_id: "b", ...mail, recipient: "y", next_try_at: minute(1) },
      { notice_id: 7, dag_id: "c", ...hook, next_try_at: "soon" },
      { notice_id: 8, dag_id: "b", ...mail, state: "given_up" },
      { notice_id: 9, dag_id: "d", ...mail, state: "sent" },
    ],
  });
  const notice = (noticeId: number, state: Notice["state"] = "open") => ({ noticeId, state }) as Notice;
  const due = (channel: Notice["channel"], at: string) =>
    findDueNotice(rows.database, channel, new Date(at), FAR)?.noticeId;

  test.each<Reading>([
    [
      "the Dag's newest",
      (q) => [findNewestNotice(q, "a")?.noticeId, findNewestNotice(q, "b")?.noticeId],
      [3, 8],
    ],
    ["the oldest that is due", () => [due("webhook", minute(0)), due("webhook", minute(1))], [7, 4]],
    ["at the very instant", () => [due("webhook", minute(2)), due("mail", minute(1))], [2, 6]],
    ["none of the channel is due", () => due("mail", minute(0)), undefined],
    ["when the next one is due", (q) => findNextDueAt(q, "mail", NOW, FAR), minute(1)],
    ["what is not a time is due now", (q) => findNextDueAt(q, "webhook", NOW, FAR), THEN],
    ["what is too far away is due now", (q) => findNextDueAt(q, "mail", NOW, new Date(minute(0))), THEN],
    ["a time at the bound counts", (q) => findNextDueAt(q, "mail", NOW, new Date(minute(3))), minute(1)],
    ["the last end of each target", (q) => listLastEnds(q).map(({ noticeId }) => noticeId), [1, 9]],
  ])("read: %s", (_does, read, result) => {
    expect(read(rows.database)).toEqual(result);
  });

  test.each<Writing>([
    [
      "one is sent",
      (q) => endNotice(q, notice(2), { state: "sent" }, NOW),
      { "notices 2": { state: "sent", sent_at: THEN, next_try_at: null } },
    ],
    [
      "one is given up",
      (q) => endNotice(q, notice(2), { state: "given_up", error: "e" }, NOW),
      { "notices 2": { state: "given_up", tries: 1, error: "e", next_try_at: null } },
    ],
    ["one that has ended stays", (q) => endNotice(q, notice(1), { state: "sent" }, NOW), {}],
    [
      "one is postponed",
      (q) => postponeNotice(q, notice(2), "e", FAR),
      { "notices 2": { tries: 1, error: "e", next_try_at: FAR.toISOString() } },
    ],
    ["one that has ended is not postponed", (q) => postponeNotice(q, notice(1), "e", FAR), {}],
  ])("%s", async (_does, work, changes) => {
    expect(await rows.watch(work)).toEqual(changes);
  });
});

describe("failures in a row", () => {
  const ended = (dagRunId: number, state: string, at: string, dagId = "c") => ({
    dag_run_id: dagRunId,
    dag_id: dagId,
    state,
    finished_at: at,
    logical_date: `2026-10-${dagRunId}`,
  });
  const rows = openRows({
    dag_runs: [
      ended(11, "failed", minute(1)),
      ended(12, "failed", minute(3)),
      ended(13, "success", minute(3)),
      ended(14, "failed", minute(3)),
      ended(15, "success", minute(2)),
      ended(16, "cancelled", minute(4)),
      ended(17, "failed", minute(5), "d"),
      ended(18, "failed", minute(6)),
      ended(19, "failed", minute(7)),
      ended(20, "success", minute(8), "d"),
    ],
    task_instances: [
      { task_instance_id: 11, dag_run_id: 11, task_id: "late", state: "failed", finished_at: minute(2) },
      { task_instance_id: 12, dag_run_id: 11, task_id: "first", state: "failed", finished_at: minute(1) },
      { task_instance_id: 13, dag_run_id: 11, task_id: "next", state: "failed", finished_at: minute(1) },
      { task_instance_id: 14, dag_run_id: 11, task_id: "good", state: "success", finished_at: minute(0) },
      { task_instance_id: 15, dag_run_id: 12, task_id: "other", state: "failed", finished_at: minute(0) },
    ],
  });
  const streak = (dagRunId: number, dagId = "c") =>
    readFailureStreak(rows.database, { dagId, dagRunId } as DagRun);

  test.each([
    ["end after the last success, in the order of runs within a millisecond", 19, "c", 2, minute(3)],
    ["are those of other runs", 14, "c", 2, minute(3)],
    ["count from the success before, if the last one is this run", 13, "c", 4, minute(2)],
    ["of a Dag are its own", 17, "d", 0, minute(8)],
    ["of a Dag without a success are all", 20, "d", 1, null],
  ] as const)("%s", (_which, run, dag, failures, since) => {
    expect(streak(run, dag)).toEqual({ failures, since });
  });

  test("the first failure of a run is the task that ended first", () => {
    expect(findFirstFailure(rows.database, 11)?.taskId).toBe("first");
    expect(findFirstFailure(rows.database, 13)).toBeUndefined();
  });
});

describe("requests", () => {
  const keyed = { state: "done", payload: "{}", answer: "1" };
  const [recent, past] = ["2026-11-23T12:00:00.000Z", "2026-11-23T11:59:59.999Z"];
  const rows = openRows({
    requests: [
      { request_id: 1, state: "open", payload: "{}" },
      { request_id: 2, state: "begun", payload: "{}", idempotency_key: "begun" },
      { request_id: 3, ...keyed, requested_at: recent, idempotency_key: "recent", answer: "3" },
      { request_id: 4, ...keyed, requested_at: past, idempotency_key: "past", reply: "{}" },
      { request_id: 5, state: "open", payload: "{}", idempotency_key: "open", requested_at: recent },
      { request_id: 6, ...keyed, reply: "{}" },
    ],
  });
  const REPLY = { status: 200, headers: {}, body: "" };

  test.each<Reading>([
    ["that are open, the oldest first", (q) => listOpenRequests(q).map(({ requestId }) => requestId), [1, 5]],
    ["whether one is open", (q) => hasOpenRequests(q), true],
    ["a key is one of a day", (q) => findKeyedRequest(q, "recent", NOW)?.requestId, 3],
    ["an older key does not count", (q) => findKeyedRequest(q, "past", NOW), undefined],
    ["another key is another request", (q) => findKeyedRequest(q, "open", NOW)?.requestId, 5],
    ["an answer is one request's", (q) => readAnswer(q, 3), { state: "done", answer: 3 }],
  ])("read: %s", (_does, read, result) => {
    expect(read(rows.database)).toEqual(result);
  });

  test.each<Writing>([
    [
      "old keys are forgotten",
      (q) => forgetOldKeys(q, NOW),
      { "requests 4": { idempotency_key: null, reply: null } },
    ],
    ["a reply is kept", (q) => keepReply(q, 3, REPLY), { "requests 3": { reply: JSON.stringify(REPLY) } }],
    ["a reply that is kept stays", (q) => expect(keepReply(q, 4, REPLY)).toEqual({}), {}],
    ["without a key none is kept", (q) => expect(keepReply(q, 1, REPLY)).toEqual(REPLY), {}],
    ["one begins", (q) => beginRequest(q, 1), { "requests 1": { state: "begun" } }],
    ["one that was answered does not begin", (q) => beginRequest(q, 3), {}],
    [
      "those that had begun are given up",
      (q) => abandonRequests(q),
      { "requests 2": { state: "withdrawn", idempotency_key: null } },
    ],
    [
      "one is done and keeps its key",
      (q) => answerRequest(q, 5, "done", 7, NOW),
      { "requests 5": { state: "done", answer: "7", answered_at: THEN } },
    ],
    [
      "one is refused and loses its key",
      (q) => answerRequest(q, 2, "refused", 7, NOW),
      { "requests 2": { state: "refused", answer: "7", answered_at: THEN, idempotency_key: null } },
    ],
    ["one is answered once", (q) => answerRequest(q, 3, "refused", 7, NOW), {}],
    [
      "one is withdrawn and loses its key",
      (q) => expect(withdrawRequest(q, 5)).toBe(true),
      { "requests 5": { state: "withdrawn", idempotency_key: null } },
    ],
    ["one that has begun is not withdrawn", (q) => expect(withdrawRequest(q, 2)).toBe(false), {}],
  ])("%s", async (_does, work, changes) => {
    expect(await rows.watch(work)).toEqual(changes);
  });

  test("there is an open one, or none", async () => {
    await rows.database.write((query) => {
      for (const id of [1, 5]) withdrawRequest(query, id);
    });
    expect(hasOpenRequests(rows.database)).toBe(false);
  });
});
