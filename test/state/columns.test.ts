/**
 * Rows are mapped by column names, which the compiler does not check: each repository returns exactly the fields of
 * its type.
 */
import { expect, test } from "vitest";
import type { CandidateSet } from "../../model/ports/candidate-store.ts";
import type { FailureCount, SealedBatch, SpooledRecord } from "../../model/ports/batch-store.ts";
import type { Notice } from "../../model/ports/notice.ts";
import type { KnownObject } from "../../model/ports/object-store.ts";
import type { Reconciliation } from "../../model/records/reconciliation.ts";
import type { DagRun } from "../../model/run/dag-run.ts";
import type { TaskInstance } from "../../model/run/task-instance.ts";
import type { Lease } from "../../state/control/lease-holder.ts";
import { readLease, takeLease } from "../../state/control/lease.ts";
import {
  findDueNotice,
  findFirstFailure,
  findNewestNotice,
  insertNotice,
} from "../../state/control/notices.ts";
import { insertRequest, listOpenRequests, type Request } from "../../state/control/requests.ts";
import {
  findRunningBackfill,
  insertBackfill,
  listBackfillRuns,
  listFinishedBackfills,
  type Backfill,
} from "../../state/runs/backfills.ts";
import {
  addTasks,
  findPastTask,
  findRunByDate,
  joinBackfill,
  listRunsInRange,
  listUnfinishedManualRuns,
  readRun,
} from "../../state/runs/dag-runs.ts";
import { listDagRows, type DagRow } from "../../state/runs/dags.ts";
import { findQueuedBackfillRun, listQueuedRuns } from "../../state/runs/run-queue.ts";
import { findSuccessInRange, listSuccesses, type Success } from "../../state/runs/successes.ts";
import {
  listRunningAttempts,
  listRunningTasks,
  listTasksInRange,
  listTasksOfRun,
  readTask,
  type RunningAttempt,
  type RunningTask,
} from "../../state/runs/task-instances.ts";
import { sql } from "../../state/sqlite/statement.ts";
import { TO_WEBHOOK } from "../scheduler/notice-world.ts";
import { openTestWorld } from "../support/test-world.ts";
import { saveCandidates } from "../support/candidates.ts";

/** The compiler keeps the names equal to the type's. */
type Names<T> = Readonly<Record<keyof T, true>>;

const RUN: Names<DagRun> = {
  dagRunId: true,
  dagId: true,
  runId: true,
  runType: true,
  state: true,
  logicalDate: true,
  timezone: true,
  partition: true,
  runStamp: true,
  intervalStart: true,
  intervalEnd: true,
  params: true,
  fingerprint: true,
  onlyTasks: true,
  refetchGeneration: true,
  stopReason: true,
  successOrder: true,
  lake: true,
  backfillId: true,
  createdAt: true,
  startedAt: true,
  runningSince: true,
  finishedAt: true,
};

const TASK: Names<TaskInstance> = {
  taskInstanceId: true,
  dagRunId: true,
  taskId: true,
  type: true,
  state: true,
  attemptCount: true,
  failureCount: true,
  lostCount: true,
  waitingSince: true,
  nextAttemptAt: true,
  pool: true,
  exclusiveKey: true,
  message: true,
  whenHeld: true,
};

const RUNNING_TASK: Names<RunningTask> = {
  taskInstanceId: true,
  dagRunId: true,
  dagId: true,
  runId: true,
  taskId: true,
  state: true,
  pool: true,
  exclusiveKey: true,
};

const RUNNING_ATTEMPT: Names<RunningAttempt> = { dagId: true, runId: true, taskId: true, attempt: true };
const PAST: Names<NonNullable<ReturnType<typeof findPastTask>>> = {
  dagRunId: true,
  runId: true,
  state: true,
};
const FIRST_FAILURE: Names<NonNullable<ReturnType<typeof findFirstFailure>>> = {
  taskId: true,
  message: true,
};
const SUCCESS: Names<Success> = { dagId: true, runId: true, logicalDate: true, successOrder: true };

const DAG: Names<DagRow> = {
  dagId: true,
  fingerprint: true,
  isPaused: true,
  isActive: true,
  schedule: true,
  cursor: true,
  successCursor: true,
};

const BACKFILL: Names<Backfill> = {
  backfillId: true,
  lake: true,
  dagId: true,
  state: true,
  fromDate: true,
  toDate: true,
  reprocess: true,
  isRefetch: true,
  maxActive: true,
  createdAt: true,
  finishedAt: true,
};

const NOTICE: Names<Notice> = {
  noticeId: true,
  dagId: true,
  runId: true,
  kind: true,
  failures: true,
  message: true,
  state: true,
  tries: true,
  nextTryAt: true,
  error: true,
  createdAt: true,
  sentAt: true,
  channel: true,
  recipient: true,
};

const REQUEST: Names<Request> = {
  requestId: true,
  kind: true,
  payload: true,
  requestedBy: true,
  requestedAt: true,
};

const LEASE: Names<Lease> = {
  epoch: true,
  purpose: true,
  pid: true,
  host: true,
  processStarted: true,
  acquiredAt: true,
  expiresAt: true,
};

const OBJECT: Names<KnownObject> = {
  objectId: true,
  key: true,
  kind: true,
  dataset: true,
  sha256: true,
  sizeBytes: true,
  etag: true,
  isCommitted: true,
  isAdopted: true,
};

const CANDIDATES: Names<CandidateSet> = {
  candidateSetId: true,
  idCount: true,
  rows: true,
  matchedRows: true,
  faultyRows: true,
  remarks: true,
};

const SPOOLED: Names<SpooledRecord> = { spoolId: true, askId: true, sizeBytes: true, group: true };

const SEALED: Names<SealedBatch> = {
  batchId: true,
  kind: true,
  key: true,
  sha256: true,
  sizeBytes: true,
  recordCount: true,
  identity: true,
};

const IDENTITY: Names<SealedBatch["identity"]> = {
  batchUid: true,
  dataset: true,
  questionHash: true,
  generation: true,
  logicalDate: true,
  askedIds: true,
};

const SUM: Names<Reconciliation> = {
  asked: true,
  stored: true,
  alreadyStored: true,
  notFound: true,
  failed: true,
  remaining: true,
  freshFailed: true,
};

const FAILURES: Names<FailureCount> = { reason: true, count: true, example: true, isPermanent: true };

/** By repository: what was returned, and the expected names. */
type Given = Readonly<Record<string, readonly [given: object | undefined, names: object]>>;

function compareNames(given: Given): { readonly read: unknown; readonly wanted: unknown } {
  const read = Object.entries(given).map(([from, [row]]) => [from, Object.keys(row ?? {}).toSorted()]);
  const wanted = Object.entries(given).map(([from, [, names]]) => [from, Object.keys(names).toSorted()]);
  return { read, wanted };
}

test("runs, their tasks and what is asked of a scheduler", async () => {
  const world = await openTestWorld();
  const { database, clock, lake } = world;
  const now = clock.now();
  const { dagRunId } = await world.makeRunFacts("2026-11-23T09:00:00Z");
  const past = await world.makeRunFacts("2026-11-22T09:00:00Z");
  const holder = { purpose: "test", pid: 1, host: "here", processStarted: "now" };
  const times = { now: now.toISOString(), expiresAt: now.toISOString() };
  const task = { taskId: "a", type: "noop", pool: "default", exclusiveKey: null };
  await database.write((query) => {
    for (const id of [dagRunId, past.dagRunId]) addTasks(query, readRun(query, id), [task]);
    query.run(sql`UPDATE task_instances SET state = 'failed' WHERE dag_run_id = ${past.dagRunId}`);
    query.run(sql`UPDATE task_instances SET state = 'running' WHERE dag_run_id = ${dagRunId}`);
    query.run(sql`UPDATE dag_runs SET success_order = 1 WHERE dag_run_id = ${past.dagRunId}`);
    const range = { fromDate: times.now, toDate: times.now, reprocess: "none", isRefetch: false } as const;
    const { backfillId } = insertBackfill(
      query,
      { ...range, lake: lake.id, dagId: "test_dag", maxActive: 1 },
      now,
    );
    joinBackfill(query, readRun(query, dagRunId), backfillId);
    const notice = { dagId: "test_dag", runId: "r", kind: "failure", failures: 1, message: "m" } as const;
    insertNotice(query, notice, TO_WEBHOOK, now);
    insertRequest(query, { kind: "run", payload: {}, requestedBy: "test" }, now);
    takeLease(query, holder, times, () => true);
  });
  const run = readRun(database, dagRunId);
  const [from, to] = ["2026-11-22T00:00:00.000Z", "2026-11-24T00:00:00.000Z"];
  const days = { from: new Date(from), until: new Date(to) };
  const scope = { lakeId: lake.id, backfillId: null };
  const { read, wanted } = compareNames({
    readRun: [run, RUN],
    findRunByDate: [findRunByDate(database, lake.id, "test_dag", new Date(run.logicalDate)), RUN],
    listRunsInRange: [listRunsInRange(database, lake.id, "test_dag", from, to)[0], RUN],
    listUnfinishedManualRuns: [listUnfinishedManualRuns(database, lake.id, "test_dag", to)[0], RUN],
    listQueuedRuns: [listQueuedRuns(database, "test_dag", scope, 1)[0], RUN],
    findQueuedBackfillRun: [findQueuedBackfillRun(database, "test_dag", scope), RUN],
    findSuccessInRange: [findSuccessInRange(database, lake.id, "test_dag", days), RUN],
    listSuccesses: [listSuccesses(database, lake.id, ["test_dag"], 0, 1)[0], SUCCESS],
    listTasksInRange: [
      listTasksInRange(database, lake.id, { dagId: "test_dag", from: "2000", to: "2999" }, null)[0],
      TASK,
    ],
    listTasksOfRun: [listTasksOfRun(database, dagRunId)[0], TASK],
    readTask: [readTask(database, listTasksOfRun(database, dagRunId)[0]?.taskInstanceId ?? 0), TASK],
    listRunningTasks: [listRunningTasks(database)[0], RUNNING_TASK],
    listRunningAttempts: [listRunningAttempts(database)[0], RUNNING_ATTEMPT],
    findPastTask: [findPastTask(database, run, "a"), PAST],
    findFirstFailure: [findFirstFailure(database, past.dagRunId), FIRST_FAILURE],
    listDagRows: [[...listDagRows(database).values()][0], DAG],
    findRunningBackfill: [findRunningBackfill(database, lake.id, "test_dag"), BACKFILL],
    listBackfillRuns: [listBackfillRuns(database, run.backfillId ?? 0)[0], RUN],
    findNewestNotice: [findNewestNotice(database, "test_dag"), NOTICE],
    findDueNotice: [findDueNotice(database, "webhook", now, now), NOTICE],
    listOpenRequests: [listOpenRequests(database)[0], REQUEST],
    readLease: [readLease(database), LEASE],
  });
  expect(read).toEqual(wanted);
  await database.write((query) => query.run(sql`UPDATE dag_runs SET state = 'failed'`));
  expect(Object.keys(listFinishedBackfills(database)[0] ?? {}).toSorted()).toEqual(
    Object.keys(BACKFILL).toSorted(),
  );
});

test("objects, ids and batches", async () => {
  const world = await openTestWorld();
  const { ports, lake } = world;
  const { batches, candidates, objects } = ports;
  const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
  const key = { lakeId: lake.id, sha256: "a".repeat(64), conditions: {} };
  const counts = { rows: 3, matchedRows: 3, faultyRows: {} };
  const saved = await saveCandidates(candidates, key, "csv", ["tt1", "tt2", "tt3"], counts);
  const { candidateSetId } = saved;
  const ask = await batches.openAsk({
    lakeId: lake.id,
    question: { dataset: "titles", source: { at: "here" }, facets: { entity: "movie" } },
    run,
    taskId: "movies",
    candidateSetId,
    keyTemplate: "Raw/titles-${seq}.json",
    limit: null,
    source: {},
  });
  const id = { askId: ask.askId, generation: "0", fetchedAt: "2026-11-23T09:00:01.000Z" };
  const record = { ...id, structure: "one", body: Buffer.from("{}"), facts: {} };
  const [spooled] = await Promise.all([
    batches.spool({ ...record, askedId: "tt1" }),
    batches.decide({ ...id, askedId: "tt2", outcome: "failed", reason: "r", detail: "", isPermanent: true }),
  ]);
  const [unsealed] = await batches.listUnsealed(lake.id, "titles");
  const sealed = await batches.seal([spooled]);
  const [listed] = await batches.listSealed(lake.id, "titles");
  if (sealed === undefined) throw new Error("nothing was sealed");
  await batches.commit(sealed, "etag", { isClosing: false });
  const { read, wanted } = compareNames({
    "candidates.save": [saved, CANDIDATES],
    "candidates.find": [await candidates.find(key), CANDIDATES],
    "batches.spool": [spooled, SPOOLED],
    "batches.listUnsealed": [unsealed, SPOOLED],
    "batches.seal": [sealed, SEALED],
    "batches.listSealed": [listed, SEALED],
    identity: [listed?.identity, IDENTITY],
    "batches.reconcile": [await batches.reconcile(ask), SUM],
    "batches.listFailures": [(await batches.listFailures(ask))[0], FAILURES],
    "objects.find": [await objects.find(lake.id, sealed.key), OBJECT],
    "objects.listKnown": [(await objects.listKnown(lake.id, "Raw/", "titles")).get(sealed.key), OBJECT],
  });
  expect(read).toEqual(wanted);
});
