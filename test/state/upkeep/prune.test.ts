/** What pruning deletes, what it keeps, and how it shares the database with other writers. */
import { beforeEach, describe, expect, test } from "vitest";
import type { AskPolicy } from "../../../model/records/ask-policy.ts";
import type { Ask, AskRequest, FetchedRecord } from "../../../model/ports/batch-store.ts";
import { StateError } from "../../../model/errors.ts";
import type { DagRunState } from "../../../model/run/dag-run.ts";
import { readRunFacts } from "../../../scheduler/attempts/render-options.ts";
import { insertBackfill, endBackfill } from "../../../state/runs/backfills.ts";
import { addTasks, createRun, readRun, saveDagVersion, type NewRun } from "../../../state/runs/dag-runs.ts";
import type { Database } from "../../../state/sqlite/database.ts";
import type { Query } from "../../../state/sqlite/query.ts";
import { insertEvent } from "../../../state/control/events.ts";
import { pruneDatabase, type PruneReport } from "../../../state/upkeep/prune.ts";
import { sql, Sql } from "../../../state/sqlite/statement.ts";
import { makeDag, makeVersion } from "../../support/test-dag.ts";
import { openTestWorld, sealAll, type TestWorld } from "../../support/test-world.ts";
import { listPlanned, saveCandidates } from "../../support/candidates.ts";

const BEFORE = new Date("2026-11-01T00:00:00.000Z");
const OLD = "2026-03-01T00:00:00.000Z";
const NEW = "2026-11-20T00:00:00.000Z";
const DAY_MS = 86_400_000;

let world: TestWorld;
let database: Database;

beforeEach(async () => {
  world = await openTestWorld();
  ({ database } = world);
});

const prune = (): Promise<PruneReport> => pruneDatabase(database, { before: BEFORE, isDryRun: false });

interface RunPlan {
  readonly dagId?: string;
  /** Of 2026; -5 is five days earlier. */
  readonly day: number;
  readonly state?: DagRunState;
  readonly endedAt?: string;
  readonly onlyTasks?: readonly string[];
  readonly changes?: Partial<NewRun>;
}

function dayOf(day: number): Date {
  return new Date(Date.UTC(2026, 0, 1) + day * DAY_MS);
}

/** A finished run with a task, an attempt, an output and an event. Returns its number. */
function addRun(query: Query, plan: RunPlan): number {
  const { dagId = "daily", day, state = "success", endedAt = OLD, onlyTasks = null } = plan;
  const version = makeVersion(makeDag([], { dagId, timezone: "UTC" }));
  const now = new Date(endedAt);
  saveDagVersion(query, plan.changes?.version ?? version, now);
  const run = createRun(query, {
    version,
    runType: "scheduled",
    logicalDate: dayOf(day),
    interval: null,
    params: {},
    onlyTasks,
    lakeId: "file:///lake",
    isRefetch: false,
    now,
    ...plan.changes,
  });
  addTasks(query, run, [{ taskId: "load", type: "noop", pool: "default", exclusiveKey: null }]);
  const isEnded = state !== "queued" && state !== "running";
  query.run(
    sql`UPDATE dag_runs SET state = ${state}, finished_at = ${isEnded ? endedAt : null},
        success_order = CASE WHEN ${state} = 'success' AND only_tasks IS NULL
        THEN (SELECT coalesce(max(success_order), 0) + 1 FROM dag_runs) END WHERE dag_run_id = ${run.dagRunId}`,
  );
  query.run(
    sql`INSERT INTO attempts (task_instance_id, number, state, pid, host, lease_epoch, started_at, started_at_local)
        SELECT task_instance_id, 1, 'success', 1, 'here', 1, ${endedAt}, ${endedAt} FROM task_instances
          WHERE dag_run_id = ${run.dagRunId}`,
  );
  query.run(
    sql`INSERT INTO task_outputs SELECT task_instance_id, 'rows', '7' FROM task_instances
        WHERE dag_run_id = ${run.dagRunId}`,
  );
  const event = { level: "info", kind: "told", message: "something", dagId, runId: run.runId } as const;
  insertEvent(query, event, now, "UTC");
  return run.dagRunId;
}

/** One run a day; the ten newest of a Dag always stay. */
function addRuns(days: readonly number[], more: Omit<RunPlan, "day"> = {}): Promise<readonly number[]> {
  return database.write((query) => days.map((day) => addRun(query, { ...more, day })));
}

const range = (first: number, last: number): readonly number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

function listDays(dagId = "daily"): readonly number[] {
  return database
    .all<{ logical_date: string }>(
      sql`SELECT logical_date FROM dag_runs WHERE dag_id = ${dagId} ORDER BY logical_date`,
    )
    .map((row) => (Date.parse(row.logical_date) - Date.UTC(2026, 0, 1)) / DAY_MS);
}

/** `rows`: a table, and which of its rows. */
function count(rows: string): number {
  return database.one<{ n: number }>(new Sql(`SELECT count(*) AS n FROM ${rows}`, [])).n;
}

describe("old runs", () => {
  test("are deleted with their tasks, attempts, outputs and events; the ten newest of each Dag stay", async () => {
    await addRuns(range(0, 29));
    await addRuns(range(0, 14), { dagId: "other" });
    const { removed, kept } = await prune();
    expect(removed).toMatchObject({
      dag_runs: 25,
      task_instances: 25,
      attempts: 25,
      task_outputs: 25,
      events: 25,
      asks: 0,
      dag_versions: 0,
    });
    expect(kept).toEqual({ newest: 20, followed: 0, backfill: 0, refetched: 0, records: 0 });
    expect(listDays()).toEqual(range(20, 29));
    expect(listDays("other")).toEqual(range(5, 14));
    for (const table of ["task_instances", "attempts", "task_outputs", "events"])
      expect(count(table)).toBe(20);
    expect(database.check()).toEqual([]);
  });

  test("are those that ended before, whatever their logical date", async () => {
    await addRuns(range(0, 4), { endedAt: NEW });
    await addRuns(range(5, 9), { endedAt: BEFORE.toISOString() });
    await addRuns(range(10, 30));
    await prune();
    expect(listDays()).toEqual([...range(0, 9), ...range(21, 30)]);
  });

  test.each(["queued", "running"] as const)(
    "that are %s stay, and so does the run before each",
    async (state) => {
      await addRuns(range(0, 4));
      await addRuns([5], { state });
      await addRuns(range(6, 20));
      await prune();
      expect(listDays()).toEqual([4, 5, ...range(11, 20)]);
    },
  );

  test("are deleted in every end state", async () => {
    await addRuns([0], { state: "failed" });
    await addRuns([1], { state: "cancelled" });
    await addRuns(range(2, 11));
    await prune();
    expect(listDays()).toEqual(range(2, 11));
  });

  test("before a newer run stay back to the last whole one: a run of single tasks may lack the task", async () => {
    await addRuns(range(0, 3));
    await addRuns([4, 5], { onlyTasks: ["load"] });
    await addRuns(range(6, 30), { endedAt: NEW });
    const { kept } = await prune();
    expect(listDays()).toEqual(range(3, 30));
    expect(kept.newest).toBe(3);
  });

  test("that were refetched stay: their generation is used", async () => {
    await addRuns([0], { changes: { isRefetch: true } });
    await addRuns(range(1, 20));
    const { kept } = await prune();
    expect(listDays()).toEqual([0, ...range(11, 20)]);
    expect(kept.refetched).toBe(1);
  });

  test("stay while a follower has not handled them, unless the follower is gone", async () => {
    await addRuns(range(0, 14));
    await addRuns(range(0, 14), { dagId: "not_followed" });
    await database.write((query) => {
      const dag = makeDag([], { dagId: "follower", schedule: { kind: "after", dagIds: ["daily"] } });
      saveDagVersion(query, makeVersion(dag), BEFORE);
      query.run(sql`UPDATE dags SET success_cursor = CASE dag_id WHEN 'follower' THEN 4 ELSE 0 END`);
    });
    expect((await prune()).kept.followed).toBe(2);
    expect(listDays()).toEqual(range(3, 14));
    expect(listDays("not_followed")).toEqual(range(5, 14));
    await database.write((query) => query.run(sql`UPDATE dags SET is_active = 0 WHERE dag_id = 'follower'`));
    await prune();
    expect(listDays()).toEqual(range(5, 14));
  });

  test("in the range of a running backfill stay, for any Dag; its row is deleted with its last run", async () => {
    const backfill = await database.write((query) =>
      insertBackfill(
        query,
        {
          lake: "file:///lake",
          dagId: "other",
          fromDate: dayOf(2).toISOString(),
          toDate: dayOf(3).toISOString(),
          reprocess: "none",
          isRefetch: false,
          maxActive: 1,
        },
        new Date(OLD),
      ),
    );
    const { backfillId } = backfill;
    await addRuns([0], { changes: { backfillId } });
    await addRuns(range(1, 20));
    expect((await prune()).kept.backfill).toBe(3);
    expect(listDays()).toEqual([0, 2, 3, ...range(11, 20)]);
    await database.write((query) => {
      endBackfill(query, backfillId, "done", new Date(OLD));
    });
    expect((await prune()).removed).toMatchObject({ dag_runs: 3, backfills: 1 });
    expect(count("backfills")).toBe(0);
  });
});

describe("while it runs", () => {
  test("no transaction deletes more than 500 runs, and others write in between", async () => {
    await addRuns(range(0, 1209));
    const sizes: number[] = [];
    let others = 0;
    const watched: Database = {
      ...database,
      async write(work) {
        const before = count("dag_runs");
        const result = await database.write(work);
        sizes.push(before - count("dag_runs"));
        await database.write((query) => {
          others += 1;
          insertEvent(query, { level: "info", kind: "other", message: "other" }, new Date(NEW), "UTC");
        });
        return result;
      },
    };
    const { removed } = await pruneDatabase(watched, { before: BEFORE, isDryRun: false });
    expect(removed.dag_runs).toBe(1200);
    expect(sizes.slice(0, 3)).toEqual([500, 500, 200]);
    expect(count("events")).toBe(10 + others);
  });

  test("it stops between two steps when it is aborted, and a later call continues", async () => {
    await addRuns(range(0, 1209));
    const stopping = new AbortController();
    const stopped: Database = {
      ...database,
      write: (work) => {
        stopping.abort(new Error("enough"));
        return database.write(work);
      },
    };
    await expect(
      pruneDatabase(stopped, { before: BEFORE, isDryRun: false, signal: stopping.signal }),
    ).rejects.toThrow("enough");
    expect(count("dag_runs")).toBe(710);
    expect(database.check()).toEqual([]);
    expect((await prune()).removed).toMatchObject({ dag_runs: 700, events: 1200 });
  });

  test("a run that is cleared meanwhile stays, with the one before it", async () => {
    await addRuns(range(0, 20));
    let isCleared = false;
    const clearing: Database = {
      ...database,
      async write(work) {
        if (!isCleared) {
          isCleared = true;
          const clear = sql`UPDATE dag_runs SET state = 'queued', finished_at = NULL
              WHERE logical_date = ${dayOf(5).toISOString()}`;
          await database.write((query) => query.run(clear));
        }
        return database.write(work);
      },
    };
    const { removed } = await pruneDatabase(clearing, { before: BEFORE, isDryRun: false });
    expect(listDays()).toEqual([4, 5, ...range(11, 20)]);
    expect(removed).toMatchObject({ dag_runs: 9, task_instances: 9 });
  });

  test("a process that has lost the lease deletes nothing", async () => {
    await addRuns(range(0, 20));
    database.fenceBy(7);
    await expect(prune()).rejects.toThrow(StateError);
    expect(count("dag_runs")).toBe(21);
  });
});

test("a dry run counts what is deleted afterwards, and writes nothing", async () => {
  await addRuns(range(0, 20));
  await addRuns(range(0, 3), { dagId: "other", state: "failed" });
  await database.write((query) => {
    query.run(sql`DELETE FROM dags WHERE dag_id = 'other'`);
    insertEvent(query, { level: "info", kind: "old", message: "of no run" }, new Date(OLD), "UTC");
    insertEvent(query, { level: "info", kind: "new", message: "of no run" }, new Date(NEW), "UTC");
  });
  const before = ["dag_runs", "events", "attempts", "dag_versions"].map(count);
  const dry = await pruneDatabase(database, { before: BEFORE, isDryRun: true });
  expect(["dag_runs", "events", "attempts", "dag_versions"].map(count)).toEqual(before);
  expect(dry.removed.events).toBe(12);
  expect(await prune()).toEqual(dry);
  const again = await prune();
  expect(Object.values(again.removed).every((rows) => rows === 0)).toBe(true);
});

describe("rows that no run uses any longer", () => {
  test("Dag versions are deleted when neither a run nor a Dag refers to them", async () => {
    const versionOf = (text: string) => makeVersion(makeDag([], { dagId: "daily", description: text }));
    await addRuns([0], { changes: { version: versionOf("first") } });
    await addRuns([1], { changes: { version: versionOf("second") } });
    await addRuns(range(2, 10), { changes: { version: versionOf("third") } });
    await database.write((query) => {
      saveDagVersion(query, versionOf("never run"), BEFORE);
    });
    expect((await prune()).removed).toMatchObject({ dag_runs: 1, dag_versions: 1 });
    expect(
      database
        .all<{ text: string }>(
          sql`SELECT json_extract(definition, '$.description') AS text FROM dag_versions ORDER BY created_at, rowid`,
        )
        .map((row) => row.text)
        .toSorted(),
    ).toEqual(["never run", "second", "third"]);
  });

  test("old answered requests and ended notices are deleted; a Dag's newest notice stays", async () => {
    await database.write((query) => {
      const request = sql`INSERT INTO requests (kind, payload, state, requested_by, requested_at,
          answered_at) VALUES`;
      query.run(sql`${request} ('clear', '{}', 'open', 'me', ${OLD}, NULL)`);
      query.run(sql`${request} ('clear', '{}', 'done', 'me', ${OLD}, ${OLD})`);
      query.run(sql`${request} ('clear', '{}', 'done', 'me', ${OLD}, ${NEW})`);
      const notice = sql`INSERT INTO notices (dag_id, run_id, kind, failures, message, state, created_at,
          sent_at) VALUES`;
      query.run(sql`${notice} ('a', 'r', 'failure', 3, 'm', 'sent', ${OLD}, ${OLD})`);
      query.run(sql`${notice} ('a', 'r', 'failure', 3, 'm', 'given_up', ${OLD}, NULL)`);
      query.run(sql`${notice} ('a', 'r', 'failure', 3, 'm', 'open', ${OLD}, NULL)`);
      query.run(sql`${notice} ('a', 'r', 'recovery', 3, 'm', 'sent', ${OLD}, ${NEW})`);
      query.run(sql`${notice} ('b', 'r', 'failure', 3, 'm', 'sent', ${OLD}, ${OLD})`);
    });
    expect((await prune()).removed).toMatchObject({ requests: 1, notices: 2 });
    expect(database.all(sql`SELECT dag_id, state FROM notices ORDER BY notice_id`)).toEqual([
      { dag_id: "a", state: "open" },
      { dag_id: "a", state: "sent" },
      { dag_id: "b", state: "sent" },
    ]);
  });
});

describe("the lake's rows", () => {
  const POLICY: AskPolicy = {
    logicalDate: dayOf(400).toISOString(),
    runStamp: "20270205T000000000Z",
    recheckAfterSeconds: 1e9,
    refreshAfterSeconds: null,
    refetchGeneration: null,
  };
  const IDS = range(1, 6).map((n) => `tt000000${n}`);

  function makeRecord(ask: Ask, askedId: string): FetchedRecord {
    return {
      askId: ask.askId,
      generation: "0",
      askedId,
      structure: "one",
      body: Buffer.from(`{"imdb_id":"${askedId}"}`),
      facts: { provider_id: 1, endpoint: "/movie/{imdb_id}" },
      fetchedAt: OLD,
    };
  }

  function saveSet(sha256 = "a".repeat(64), ids = IDS) {
    const key = { lakeId: world.lake.id, sha256, conditions: {} };
    world.clock.set(OLD);
    return saveCandidates(world.ports.candidates, key, "csv", ids, {
      rows: 1,
      matchedRows: 1,
      faultyRows: {},
    });
  }

  async function openAsk(dagRunId: number, changes: Partial<AskRequest> = {}): Promise<Ask> {
    const { candidateSetId } = await saveSet();
    return world.ports.batches.openAsk({
      lakeId: world.lake.id,
      question: {
        dataset: "titles",
        source: { base_url: "http://127.0.0.1:1/3" },
        facets: { entity: "movie", language: "en", append: [] },
      },
      run: { ...readRunFacts(readRun(database, dagRunId)), refetchGeneration: null },
      taskId: "movies",
      candidateSetId,
      keyTemplate: `Raw/Titles/${dagRunId}/titles-\${seq}.json`,
      limit: null,
      source: { key: "Raw/CSV/movies.csv" },
      ...changes,
    });
  }

  /** Stores the ids and writes the manifest, like a successful task. */
  async function store(ask: Ask, ids: readonly string[]): Promise<void> {
    const { batches } = world.ports;
    const spooled = await Promise.all(ids.map((id) => batches.spool(makeRecord(ask, id))));
    const sealed = await sealAll(batches, spooled);
    for (const manifest of await batches.commit(sealed, "etag", { isClosing: true })) {
      await batches.commit(manifest, "etag", { isClosing: true });
    }
  }

  const close = async (ask: Ask): Promise<void> =>
    world.ports.batches.close(ask, await world.ports.batches.reconcile(ask));

  const planned = async (ask: Ask): Promise<readonly string[]> =>
    (await listPlanned(world.ports.batches.plan(ask, POLICY))).map(({ askedId }) => askedId);

  /** A first run that stored four ids and did not find one, and twelve runs that had nothing to do. */
  async function storeOnce(
    changes: Partial<AskRequest> = {},
  ): Promise<{ readonly first: Ask; readonly last: Ask }> {
    const [first = 0, ...others] = await addRuns(range(0, 12));
    const ask = await openAsk(first, changes);
    await world.ports.batches.decide({
      askId: ask.askId,
      generation: "0",
      askedId: IDS[4] ?? "",
      outcome: "not_found",
      reason: "unknown",
      detail: "",
      isPermanent: true,
      fetchedAt: OLD,
    });
    await store(ask, IDS.slice(0, 4));
    await close(ask);
    let last = ask;
    for (const dagRunId of others) {
      last = await openAsk(dagRunId);
      await close(last);
    }
    return { first: ask, last };
  }

  test("a run stays while no manifest lists an id that it did not find", async () => {
    const { first } = await storeOnce();
    const id = { askId: first.askId, generation: "0", askedId: IDS[5] ?? "", fetchedAt: OLD };
    await world.ports.batches.decide({
      ...id,
      outcome: "not_found",
      reason: "unknown",
      detail: "",
      isPermanent: true,
    });
    expect((await prune()).removed).toMatchObject({ dag_runs: 2, asks: 2 });
  });

  test("stay: after their run is deleted the ids are still known, and nothing is asked again", async () => {
    const { last } = await storeOnce();
    const ids = () =>
      database.all(
        sql`SELECT asked_id, generation, outcome, reason, key, is_permanent, logical_date FROM v_ids
            ORDER BY asked_id`,
      );
    const objects = () => database.all(sql`SELECT key, sha256, kind, is_committed FROM objects ORDER BY key`);
    const [idsBefore, objectsBefore] = [ids(), objects()];
    expect(idsBefore).toHaveLength(5);
    expect(objectsBefore).toHaveLength(2);
    const sum = await world.ports.batches.reconcile(last);
    expect((await prune()).removed).toMatchObject({ dag_runs: 3, asks: 3, batches: 2, candidate_sets: 0 });
    expect([ids(), objects()]).toEqual([idsBefore, objectsBefore]);
    expect(await world.ports.batches.reconcile(last)).toEqual(sum);
    expect(await planned(last)).toEqual([IDS[5]]);
    expect(database.check()).toEqual([]);
    // A new run of the same date asks nothing again and uses no used key.
    const [again = 0] = await addRuns([0]);
    const ask = await openAsk(again, { keyTemplate: "Raw/Titles/1/titles-${seq}.json" });
    expect(await planned(ask)).toEqual([IDS[5]]);
    await store(ask, [IDS[5] ?? ""]);
    expect(database.all(sql`SELECT key FROM objects WHERE kind = 'records' ORDER BY key`)).toEqual([
      { key: "Raw/Titles/1/titles-00001.json" },
      { key: "Raw/Titles/1/titles-00002.json" },
    ]);
    expect(await world.ports.batches.reconcile(ask)).toMatchObject({
      asked: 6,
      stored: 1,
      alreadyStored: 4,
      notFound: 1,
    });
  });

  test("a run with a limit stays while its ids count against it", async () => {
    const { first } = await storeOnce({ limit: 5 });
    expect((await prune()).kept.records).toBe(1);
    expect(listDays()).toEqual([0, ...range(3, 12)]);
    expect(await planned(first)).toEqual([]);
  });

  test("the newest ask of a question stays, however old its run is: it tells which ids were not asked", async () => {
    const [only = 0] = await addRuns(range(0, 20));
    await close(await openAsk(only));
    expect((await prune()).kept.records).toBe(1);
    expect(listDays()).toEqual([0, ...range(11, 20)]);
  });

  test.each<[string, (ask: Ask) => Promise<unknown>]>([
    ["an ask that was never closed", () => Promise.resolve()],
    [
      "a spooled record",
      async (ask) => {
        await world.ports.batches.spool(makeRecord(ask, "tt0000001"));
        await close(ask);
      },
    ],
    [
      "a sealed batch",
      async (ask) => {
        await world.ports.batches.seal([await world.ports.batches.spool(makeRecord(ask, "tt0000001"))]);
        await close(ask);
      },
    ],
    [
      "an object that no manifest lists yet",
      async (ask) => {
        const { batches } = world.ports;
        const sealed = await sealAll(batches, [await batches.spool(makeRecord(ask, "tt0000001"))]);
        await batches.commit(sealed, "etag", { isClosing: false });
        await close(ask);
      },
    ],
    [
      "a manifest that is not put yet",
      async (ask) => {
        const { batches } = world.ports;
        const sealed = await sealAll(batches, [await batches.spool(makeRecord(ask, "tt0000001"))]);
        expect(await batches.commit(sealed, "etag", { isClosing: true })).toHaveLength(1);
        await close(ask);
      },
    ],
  ])("%s keeps its run, and the next task finishes it", async (_sentence, leave) => {
    const [first = 0, second = 0] = await addRuns(range(0, 20), { state: "failed" });
    const ask = await openAsk(first);
    await leave(ask);
    await close(await openAsk(second));
    const { kept, removed } = await prune();
    expect(kept.records).toBe(2);
    expect(removed).toMatchObject({ asks: 0, batches: 0 });
    expect(listDays().slice(0, 2)).toEqual([0, 1]);
    const { batches } = world.ports;
    const [lakeId, dataset] = [world.lake.id, "titles"];
    const unsealed = await batches.listUnsealed(lakeId, dataset);
    if (unsealed.length > 0) await batches.seal(unsealed);
    const open = [
      ...(await batches.listSealed(lakeId, dataset)),
      ...(await batches.fixManifests(lakeId, dataset)),
    ];
    while (open.length > 0) {
      const [batch] = open.splice(0, 1);
      if (batch !== undefined) open.push(...(await batches.commit(batch, "etag", { isClosing: true })));
    }
    expect(count("spool")).toBe(0);
    expect(count("batches WHERE state = 'sealed' OR (kind = 'records' AND manifest_batch_id IS NULL)")).toBe(
      0,
    );
  });

  test("a run with more ids than one step detaches is deleted in several steps, and the ids stay", async () => {
    const [first = 0, ...others] = await addRuns(range(0, 10));
    const ask = await openAsk(first);
    await close(ask);
    await close(await openAsk(others[0] ?? 0));
    await database.write((query) =>
      query.run(
        sql`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000)
            INSERT INTO processed_ids (question_id, asked_id, generation, outcome, is_permanent, ask_id,
            logical_date, decided_at)
            SELECT 1, 'tt' || i, '0', 'stored', 1, ${ask.askId}, 'a', 'b' FROM n`,
      ),
    );
    expect((await prune()).removed).toMatchObject({ dag_runs: 1, asks: 1 });
    expect(count("processed_ids WHERE ask_id IS NULL")).toBe(12_000);
  });

  test("unused candidates are deleted, but not those of the newest CSV, an ask, an output or a running run", async () => {
    const names = ["newest", "asked", "told", "read", "past"] as const;
    const sets = new Map<string, number>();
    for (const name of names) sets.set(name, (await saveSet(name)).candidateSetId);
    world.clock.set(NEW);
    const recent = await saveCandidates(
      world.ports.candidates,
      { lakeId: world.lake.id, sha256: "recent", conditions: {} },
      "csv",
      IDS,
      { rows: 1, matchedRows: 1, faultyRows: {} },
    );
    const [asking = 0, telling = 0] = await addRuns([300, 301], { endedAt: NEW });
    await openAsk(asking, { candidateSetId: sets.get("asked") ?? 0 });
    await database.write((query) => {
      query.run(
        sql`INSERT INTO task_outputs SELECT task_instance_id, 'candidate_set', ${String(sets.get("told"))}
            FROM task_instances WHERE dag_run_id = ${telling}`,
      );
      for (const [order, [key, sha256]] of [
        ["read.csv", "read"],
        ["old.csv", "past"],
        ["new.csv", "newest"],
      ].entries()) {
        query.run(
          sql`INSERT INTO objects (lake, key, kind, dataset, sha256, size_bytes, is_committed, is_adopted,
              commit_order,
              created_at, created_at_local)
            VALUES (${world.lake.id}, ${key}, 'file', 'csv', ${sha256}, 1, 1, 0, ${order}, 'a', 'b')`,
        );
      }
    });
    const [underWay = 0] = await addRuns([302], { state: "running" });
    await database.write((query) =>
      query.run(
        sql`INSERT INTO task_inputs SELECT task_instance_id, 'csv', (SELECT object_id FROM objects
            WHERE key = 'read.csv'),
            'newest', 'now' FROM task_instances WHERE dag_run_id = ${underWay}`,
      ),
    );
    // "past", and the ask's own set, which is the one that `openAsk` saves.
    expect((await prune()).removed.candidate_sets).toBe(2);
    await database.write((query) =>
      query.run(
        sql`UPDATE dag_runs SET state = 'success', finished_at = ${NEW} WHERE dag_run_id = ${underWay}`,
      ),
    );
    const dry = await pruneDatabase(database, { before: BEFORE, isDryRun: true });
    const { removed } = await prune();
    // Only the running run kept "read".
    expect([dry.removed.candidate_sets, removed.candidate_sets]).toEqual([1, 1]);
    const left = database.all<{ candidate_set_id: number }>(sql`SELECT candidate_set_id FROM candidate_sets`);
    expect(left.map((row) => row.candidate_set_id).toSorted((a, b) => a - b)).toEqual(
      [sets.get("newest"), sets.get("asked"), sets.get("told"), recent.candidateSetId]
        .map(Number)
        .toSorted((a, b) => a - b),
    );
    expect(count("candidate_ids")).toBe(4 * IDS.length);
  });
});
