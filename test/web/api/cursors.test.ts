/** Lists that are continued by a cursor: each row once, whatever is added meanwhile. */
import { describe, expect, test } from "vitest";
import { listRunPage } from "../../../state/pages/run-page.ts";
import { sql, type Sql } from "../../../state/sqlite/statement.ts";
import { makeDag, makeTask } from "../../support/test-dag.ts";
import { openReadWorld, readJson, type ReadWorld } from "../../support/web/read-world.ts";

const DAILY = makeDag(
  ["a", "b", "c", "d", "e"].map((id) => makeTask(id)),
  { dagId: "daily" },
);
const day = (number: number): string => `2026-11-${String(number).padStart(2, "0")}T09:00:00.000Z`;

async function openDays(): Promise<ReadWorld> {
  const world = await openReadWorld();
  await world.saveDag(DAILY);
  for (let number = 1; number <= 7; number += 1) {
    await world.addRun({ dag: DAILY, date: day(number), state: number % 3 === 0 ? "failed" : "success" });
  }
  await world.write((query) => {
    // Some have the same value, some have none.
    query.run(sql`UPDATE dag_runs SET started_at = NULL WHERE logical_date IN (${day(2)}, ${day(5)})`);
    query.run(sql`UPDATE dag_runs SET started_at = ${day(1)} WHERE logical_date IN (${day(3)}, ${day(4)})`);
  });
  return world;
}

interface Answer {
  readonly dag_runs: readonly { logical_date: string }[];
  readonly next_cursor: string | null;
}

const RUNS = "/api/v2/dags/daily/dagRuns";
const list = async (ask: ReadWorld["ask"], search: string): Promise<Answer> =>
  readJson(await ask(`${RUNS}?${search}`)) as Answer;

/** Reads to the end by pages of two; `between` is called after the first one. */
async function walk(
  world: ReadWorld,
  search: string,
  between?: () => Promise<unknown>,
): Promise<readonly string[]> {
  const seen: string[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const answer: Answer = await list(
      world.ask,
      `limit=2&${search}${cursor === "" ? "" : `&cursor=${cursor}`}`,
    );
    seen.push(...answer.dag_runs.map((run) => run.logical_date.slice(8, 10)));
    if (cursor === "") await between?.();
    cursor = answer.next_cursor;
  }
  return seen;
}

describe("a list that is continued by its cursor", () => {
  test.each([
    [""],
    ["order_by=logical_date"],
    ["order_by=-logical_date"],
    ["order_by=start_date"],
    ["order_by=-start_date"],
    ["order_by=state&order_by=-start_date"],
    ["order_by=-state&order_by=start_date&order_by=-logical_date"],
    ["order_by=-end_date&state=failed"],
    ["order_by=dag_run_id&run_type=manual"],
  ])("has the rows of the whole list in the same order: %j", async (search) => {
    const world = await openDays();
    const whole = await list(world.ask, `limit=100&${search}`);
    expect(whole.next_cursor).toBe(null);
    expect(await walk(world, search)).toEqual(whole.dag_runs.map((run) => run.logical_date.slice(8, 10)));
  });

  test("shows no row twice and leaves none out while rows are added", async () => {
    const world = await openDays();
    const add = (): Promise<unknown> => world.addRun({ dag: DAILY, date: day(20) });
    expect(await walk(world, "order_by=-logical_date", add)).toEqual([
      "07",
      "06",
      "05",
      "04",
      "03",
      "02",
      "01",
    ]);
    expect(await walk(world, "", () => world.addRun({ dag: DAILY, date: day(21) }))).toHaveLength(9);
  });

  test("is the same for events and for the tasks of a run", async () => {
    const world = await openDays();
    await world.write((query) => {
      for (let number = 0; number < 5; number += 1) {
        query.run(
          sql`INSERT INTO events (at, at_local, level, kind, message) VALUES ('x', 'x', 'info', 'k', 'm')`,
        );
      }
    });
    for (const [path, name, id] of [
      ["/api/v2/eventLogs", "event_logs", "event_log_id"],
      [`${RUNS}/manual__${encodeURIComponent(day(1))}/taskInstances`, "task_instances", "task_id"],
    ] as const) {
      const ids: unknown[] = [];
      let cursor: string | null = "";
      while (cursor !== null) {
        const more: string = cursor === "" ? "" : `&cursor=${cursor}`;
        const answer = readJson(await world.ask(`${path}?limit=2${more}`)) as Record<string, unknown>;
        ids.push(...(answer[name] as Record<string, unknown>[]).map((row) => row[id]));
        cursor = answer["next_cursor"] as string | null;
      }
      expect(new Set(ids).size, path).toBe(5);
      expect(ids.length, path).toBe(5);
    }
  });

  test.each([true, false])(
    "finds the next page by an index, however far it is (descending: %s)",
    async (isDescending) => {
      const { database } = await openDays();
      const asked: Sql[] = [];
      const all = <Row>(statement: Sql): Row[] => {
        asked.push(statement);
        return database.all<Row>(statement);
      };
      const page = { limit: 2, offset: 0, after: [day(5), 3] };
      listRunPage({ ...database, all }, { dagId: "daily" }, [{ column: "logical_date", isDescending }], page);
      const [statement] = asked;
      const plan = database.all<{ detail: string }>(sql`EXPLAIN QUERY PLAN ${statement}`);
      expect(plan.map(({ detail }) => detail).join()).toMatch(/logical_date[<>]\?/);
    },
  );

  test.each([
    ["garbage", "cursor=%00%FF"],
    ["another order", "order_by=logical_date&cursor={}"],
    ["another filter", "state=failed&cursor={}"],
    ["an offset too", "offset=2&cursor={}"],
  ])("refuses a cursor with %s", async (_, search) => {
    const world = await openDays();
    const { next_cursor: cursor } = await list(world.ask, "limit=2");
    const reply = await world.ask(`${RUNS}?limit=2&${search.replace("{}", cursor ?? "")}`);
    expect(reply.status).toBe(422);
    expect(String(reply.body)).toContain("cursor");
  });

  test("refuses a cursor of another Dag", async () => {
    const world = await openDays();
    await world.saveDag(makeDag([makeTask("one")], { dagId: "other" }));
    const { next_cursor: cursor } = await list(world.ask, "limit=2");
    expect((await world.ask(`/api/v2/dags/other/dagRuns?cursor=${cursor}`)).status).toBe(422);
  });

  test.each([
    ["no value", [], 422],
    ["too few values", [1], 422],
    ["too many values", [1, 2, 3], 422],
    ["a value that is no text, number or null", [{}, 2], 422],
    // A value of another type is bound as a value: SQLite sorts text after numbers.
    ["SQL in place of a number", ["1 OR 1", "x"], 200],
  ])("with %s in the place has no rows", async (_, place, status) => {
    const world = await openDays();
    const { next_cursor: cursor } = await list(world.ask, "limit=2");
    const [signature] = JSON.parse(Buffer.from(cursor ?? "", "base64url").toString()) as unknown[];
    const made = Buffer.from(JSON.stringify([signature, ...place])).toString("base64url");
    const reply = await world.ask(`${RUNS}?cursor=${made}`);
    expect(reply.status).toBe(status);
    const { detail = "", dag_runs: runs = [] } = readJson(reply) as { detail?: string; dag_runs?: [] };
    expect([detail.startsWith("cursor: "), runs]).toEqual([status === 422, []]);
  });
});
