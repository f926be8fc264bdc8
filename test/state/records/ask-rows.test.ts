/** Statements about asks and the spool: each touches its own ask, question, generation and lake only. */
import { describe, expect, test } from "vitest";
import type { AskPolicy } from "../../../model/records/ask-policy.ts";
import { hashQuestion } from "../../../model/records/question.ts";
import type { SpooledRecord } from "../../../model/ports/batch-store.ts";
import { createBatchStore } from "../../../state/records/batch-store.ts";
import {
  closeAsk,
  countFailures,
  isStillPlanned,
  openAsk,
  pickStored,
  reconcile,
} from "../../../state/records/asks.ts";
import {
  discardBatch,
  dropStored,
  hasStoredRecords,
  leaveOutStored,
} from "../../../state/records/left-out.ts";
import { insertDecision, listSpooled, listUnsealed } from "../../../state/records/spool.ts";
import { createTestClock } from "../../support/test-world.ts";
import { AT, HERE, NOW, openRows, THEN, THERE, type Reading, type Writing } from "../rows.ts";

import { sql } from "../../../state/sqlite/statement.ts";

const LIMIT_ASKS = sql`UPDATE asks SET limit_ids = 6`;
const MOVE_RUN = sql`UPDATE dag_runs SET logical_date = '2026-11-22' WHERE dag_run_id = 3`;
const POLICY: AskPolicy = {
  logicalDate: "2026-11-23T09:00:00.000Z",
  runStamp: "20261123T090000000Z",
  recheckAfterSeconds: 604_800,
  refreshAfterSeconds: null,
  refetchGeneration: null,
};

const REFETCH = { ...POLICY, refetchGeneration: "g" };
const DECIDED = {
  askId: 5,
  generation: "0",
  outcome: "not_found",
  reason: "r",
  detail: "d",
  isPermanent: true,
  fetchedAt: THEN,
} as const;
const QUESTION = { dataset: "titles", source: { at: "x" }, facets: {} };
const REQUEST = {
  lakeId: HERE,
  question: QUESTION,
  run: { dagRunId: 3, refetchGeneration: null } as never,
  taskId: "u",
  candidateSetId: 1,
  keyTemplate: "k",
  limit: 2,
  source: {},
};
const planned = (position: number) => ({ position, askedId: "x", generation: "0" });

describe("asks", () => {
  const id = { question_id: 1, generation: "0", logical_date: AT, decided_at: AT, is_permanent: 1 };
  const failed = { ...id, outcome: "failed", is_permanent: 0, ask_id: 1 };
  const rows = openRows({
    candidate_sets: [{ candidate_set_id: 2, id_count: 9 }],
    candidate_ids: [
      ...["a", "b", "c", "d", "e", "f", "g", "h", "i"].map((askedId, position) => ({
        candidate_set_id: 2,
        position,
        asked_id: askedId,
      })),
      { candidate_set_id: 1, position: 0, asked_id: "other" },
    ],
    asks: [
      {
        ask_id: 4,
        dag_run_id: 3,
        question_id: 1,
        candidate_set_id: 2,
        task_id: "u",
        refetch_generation: "0",
        limit_ids: 9,
      },
      {
        ask_id: 5,
        dag_run_id: 3,
        question_id: 1,
        candidate_set_id: 2,
        task_id: "v",
        refetch_generation: "g",
      },
    ],
    processed_ids: [
      { ...id, asked_id: "a", outcome: "stored", ask_id: 4 },
      { ...id, asked_id: "b", outcome: "stored", ask_id: 1 },
      { ...failed, asked_id: "c", reason: "x", ask_id: 4 },
      { ...id, asked_id: "c", outcome: "not_found", ask_id: 4, generation: "g" },
      { ...failed, asked_id: "d", reason: "x", ask_id: 4, is_permanent: 1 },
      { ...failed, asked_id: "e", reason: "object_removed", ask_id: 4, is_permanent: 1 },
      { ...failed, asked_id: "f", reason: "x" },
      { ...failed, asked_id: "g", reason: "y", ask_id: 4, is_permanent: 1 },
      { ...failed, asked_id: "h", reason: "y", ask_id: 4, is_permanent: 1 },
      { ...id, question_id: 2, asked_id: "i", outcome: "stored", ask_id: 2 },
      { ...failed, question_id: 2, asked_id: "h", reason: "z", ask_id: 2 },
    ],
    spool: [
      { spool_id: 1, ask_id: 4, question_id: 1, generation: "0", asked_id: "i" },
      { spool_id: 2, ask_id: 5, question_id: 1, generation: "g", asked_id: "h" },
      { spool_id: 3, ask_id: 2, question_id: 2, generation: "g", asked_id: "g" },
    ],
  });

  test.each<Reading>([
    [
      "each candidate counts by its newest decision",
      (q) => reconcile(q, 4),
      { asked: 9, stored: 1, alreadyStored: 1, notFound: 1, failed: 5, remaining: 1, freshFailed: 3 },
    ],
    [
      "in a refetch by the decision of its generation",
      (q) => reconcile(q, 5),
      { asked: 9, stored: 0, alreadyStored: 0, notFound: 1, failed: 0, remaining: 8, freshFailed: 0 },
    ],
    [
      "failures by reason, the most frequent first, without removed objects",
      (q) =>
        countFailures(q, 4).map(({ reason, count, example, isPermanent }) => [
          reason,
          count,
          example,
          isPermanent,
        ]),
      [
        ["y", 2, "g", true],
        ["x", 1, "c", false],
        ["x", 1, "d", true],
      ],
    ],
    ["the stored id that comes next", (q) => [pickStored(q, 4, "b"), pickStored(q, 4, "aa")], ["b", "b"]],
    ["or the first one", (q) => [pickStored(q, 4, "c"), pickStored(q, 4, "")], ["a", "a"]],
    ["of its question", (q) => [pickStored(q, 2, "a"), pickStored(q, 3, "a")], ["i", undefined]],
    ["what waits in the spool is not planned again", (q) => isStillPlanned(q, 4, planned(8), POLICY), false],
    ["what another question has in the spool is", (q) => isStillPlanned(q, 5, planned(6), REFETCH), true],
    ["what the same generation has there is not", (q) => isStillPlanned(q, 5, planned(7), REFETCH), false],
    ["what is stored is not planned", (q) => isStillPlanned(q, 4, planned(0), POLICY), false],
  ])("%s", (_does, read, result) => {
    expect(read(rows.database)).toEqual(result);
  });

  test("a plan has what is not decided, in the order of the candidates", async () => {
    const plan = await createBatchStore(rows.database, createTestClock(THEN)).plan(
      { askId: 5, questionHash: "q" },
      { ...POLICY, refetchGeneration: "g" },
    );
    const ids = await Promise.all(
      Array.from({ length: plan.size }, async (_, index) => (await plan.at(index))?.askedId),
    );
    expect(ids).toEqual(["a", "b", "d", "e", "f", "g", "i"]);
  });

  test("a limit counts what its ask has decided for good or spooled", async () => {
    const limit = (askId: number) =>
      createBatchStore(rows.database, createTestClock(THEN)).plan({ askId, questionHash: "q" }, POLICY);
    await rows.database.write((q) => q.run(LIMIT_ASKS));
    expect([(await limit(4)).size, (await limit(5)).size]).toEqual([0, 5]);
  });

  test.each<Writing>([
    [
      "an ask is closed",
      (q) => closeAsk(q, 4, { asked: 1 } as never, NOW),
      { "asks 4": { reconciliation: '{"asked":1}', closed_at: THEN } },
    ],
    [
      "an ask that is opened again gets its new facts",
      (q) => {
        closeAsk(q, 4, { asked: 1 } as never, NOW);
        openAsk(q, REQUEST, NOW);
      },
      {
        "asks 4": {
          candidate_set_id: 1,
          key_template: "k",
          limit_ids: 2,
          source: "{}",
          reconciliation: '{"asked":1}',
        },
        "questions 1": { source: '{"at":"x"}', facets: "{}" },
      },
    ],
    [
      "a decision replaces one that stored nothing",
      (q) => insertDecision(q, { ...DECIDED, askedId: "c" }, NOW),
      {
        "processed_ids 1 c 0": {
          outcome: "not_found",
          reason: "r",
          detail: "d",
          is_permanent: 1,
          ask_id: 5,
          fetched_at: THEN,
          logical_date: "2026-11-22",
          decided_at: THEN,
        },
      },
    ],
    [
      "a decision never replaces a stored id",
      (q) => insertDecision(q, { ...DECIDED, askedId: "a" }, NOW),
      {},
    ],
  ])("%s", async (_does, work, changes) => {
    await rows.database.write((q) => {
      q.run(MOVE_RUN);
      q.run(sql`UPDATE questions SET hash = ${hashQuestion(QUESTION)} WHERE question_id = 1`);
    });
    expect(await rows.watch(work)).toEqual(changes);
  });
});

describe("the spool", () => {
  const answer = { question_id: 1, ask_id: 1, generation: "0" };
  const stored = { question_id: 1, generation: "0", outcome: "stored", is_permanent: 1 };
  const rows = openRows({
    batches: [
      { batch_id: 1, ask_id: 1, lake: HERE, kind: "records", state: "sealed" },
      { batch_id: 2, ask_id: 1, lake: HERE, kind: "records", state: "sealed", found_at: AT },
      { batch_id: 3, ask_id: 1, lake: HERE, kind: "records", state: "committed" },
      { batch_id: 4, ask_id: 1, lake: HERE, kind: "manifest", state: "sealed" },
      { batch_id: 5, ask_id: 1, lake: HERE, kind: "records", state: "committed", manifest_batch_id: 4 },
      { batch_id: 6, ask_id: 1, lake: HERE, kind: "manifest", state: "sealed" },
      { batch_id: 7, ask_id: 1, lake: HERE, kind: "records", state: "committed", manifest_batch_id: 6 },
    ],
    spool: [
      { spool_id: 1, ...answer, asked_id: "a", batch_id: 1 },
      { spool_id: 2, ...answer, asked_id: "b", batch_id: 1 },
      { spool_id: 3, ...answer, asked_id: "c", batch_id: 2 },
      { spool_id: 4, ...answer, asked_id: "d" },
      { spool_id: 5, ...answer, asked_id: "e" },
      { spool_id: 6, question_id: 2, ask_id: 2, generation: "0", asked_id: "d" },
      { spool_id: 7, question_id: 3, ask_id: 3, generation: "0", asked_id: "d" },
      { spool_id: 8, ...answer, asked_id: "d", generation: "1" },
      { spool_id: 9, ...answer, asked_id: "f", batch_id: 3 },
    ],
    processed_ids: [
      { ...stored, asked_id: "b" },
      { ...stored, asked_id: "c" },
      { ...stored, asked_id: "d" },
      { ...stored, asked_id: "a", generation: "1" },
      { ...stored, asked_id: "a", question_id: 2 },
      { ...stored, asked_id: "e", outcome: "failed" },
      { ...stored, asked_id: "f" },
    ],
  });
  const idsOf = (records: readonly SpooledRecord[]) => records.map(({ spoolId }) => spoolId);

  test.each<Reading>([
    [
      "records without a batch, of one lake and dataset",
      (q) => idsOf(listUnsealed(q, HERE, "titles")),
      [4, 5, 8],
    ],
    ["of another lake", (q) => idsOf(listUnsealed(q, THERE, "titles")), [6]],
    ["of another dataset", (q) => idsOf(listUnsealed(q, HERE, "people")), [7]],
    ["records of a batch", (q) => idsOf(listSpooled(q, 1)), [1, 2]],
    ["a batch has an id that is stored elsewhere", (q) => hasStoredRecords(q, 1), true],
    ["a batch that was found in the lake is left as it is", (q) => hasStoredRecords(q, 2), false],
    ["so is a committed one", (q) => hasStoredRecords(q, 3), false],
  ])("%s", (_does, read, result) => {
    expect(read(rows.database)).toEqual(result);
  });

  test.each<Writing>([
    [
      "ids that are stored elsewhere are left out of a sealed batch, which is packed again",
      (q) => expect(leaveOutStored(q, 1)).toMatchObject({ leftOutIds: 1, rest: [{ spoolId: 1 }] }),
      { "spool 1": { batch_id: null }, "spool 2": "deleted", "batches 1": "deleted" },
    ],
    [
      "a damaged batch goes with its records",
      (q) => discardBatch(q, 1),
      { "spool 1": "deleted", "spool 2": "deleted", "batches 1": "deleted" },
    ],
    [
      "a damaged manifest goes, and its batches are listed again",
      (q) => discardBatch(q, 4),
      { "batches 4": "deleted", "batches 5": { manifest_batch_id: null } },
    ],
    [
      "ids that are stored elsewhere are dropped before they are sealed",
      (q) => expect(dropStored(q, "[1,2,4,5,6,7,8]")).toBe(1),
      { "spool 4": "deleted" },
    ],
    ["only those that are named", (q) => expect(dropStored(q, "[5]")).toBe(0), {}],
  ])("%s", async (_does, work, changes) => {
    expect(await rows.watch(work)).toEqual(changes);
  });
});
