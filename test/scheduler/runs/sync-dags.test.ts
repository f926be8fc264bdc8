/** What the scheduler records and reports when a Dag's file is new, edited, broken, mended, off, gone or back. */
import { expect, test } from "vitest";
import type { DagDefinition } from "../../../model/dag/dag.ts";
import type { DagIssue } from "../../../model/errors.ts";
import type { SourceFolder } from "../../../model/ports/dag-source.ts";
import { syncDags } from "../../../scheduler/runs/sync-dags.ts";
import { listDagRows, listImportErrors, moveCursor } from "../../../state/runs/dags.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { makeDag, makeVersion } from "../../support/test-dag.ts";
import { openTestWorld } from "../../support/test-world.ts";

const FAULT: DagIssue = { file: "a.yaml", line: 3, column: 5, path: "tasks.x", message: "is no task" };
const DAILY = makeDag([], {
  dagId: "a",
  timezone: "UTC",
  schedule: { kind: "cron", expression: "0 9 * * *" },
});
const HOURLY = { ...DAILY, schedule: { kind: "cron" as const, expression: "0 * * * *" } };

interface Given {
  readonly dag?: DagDefinition;
  readonly enabled?: boolean;
  readonly issues?: readonly DagIssue[];
}

function makeFolder({ dag, enabled = true, issues }: Given): SourceFolder {
  return {
    dags: new Map(
      dag === undefined ? [] : [[dag.dagId, { ...makeVersion(dag), enabled, file: `${dag.dagId}.yaml` }]],
    ),
    broken: new Map(issues === undefined ? [] : [["a", issues]]),
  };
}

async function openSync() {
  const { database } = await openTestWorld();
  let told = 0;
  return {
    database,
    /** The new events, and the Dag's row. */
    sync: async (given: Given, at = "2026-11-23T09:00:00.000Z") => {
      await database.write((query) => syncDags(query, makeFolder(given), new Date(at), "UTC"));
      const events = database
        .all<{ level: string; kind: string; message: string; dag_id: string }>(
          sql`SELECT level, kind, message, dag_id FROM events ORDER BY event_id`,
        )
        .slice(told);
      told += events.length;
      return {
        events: events.map((event) => `${event.level} ${event.kind} ${event.dag_id}: ${event.message}`),
        row: listDagRows(database).get("a"),
        faults: listImportErrors(database).get("a"),
      };
    },
  };
}

test("a new Dag is reported once, and its slots count from now", async () => {
  const { sync } = await openSync();
  const first = await sync({ dag: DAILY });
  expect(first.events).toEqual(["info dag_added a: a is new: 0 9 * * * UTC."]);
  expect(first.row).toMatchObject({
    isActive: true,
    isPaused: false,
    schedule: "0 9 * * * UTC",
    cursor: "2026-11-23T09:00:00.000Z",
    successCursor: 0,
  });
  const again = await sync({ dag: DAILY }, "2026-11-23T10:00:00.000Z");
  expect(again.events).toEqual([]);
  expect(again.row).toEqual(first.row);
});

test.each([
  ["its start, with `catchup: all`", "all", "2026-11-20T00:00:00.000Z", "2026-11-19T23:59:59.999Z"],
  ["now, with a start that is to come", "all", "2026-12-01T00:00:00.000Z", "2026-11-23T09:00:00.000Z"],
  ["now, with another catchup", "latest", "2026-11-20T00:00:00.000Z", "2026-11-23T09:00:00.000Z"],
  ["now, without a start", "all", null, "2026-11-23T09:00:00.000Z"],
] as const)("a new Dag's slots count from %s", async (_from, catchup, startAt, cursor) => {
  const { sync } = await openSync();
  expect((await sync({ dag: { ...DAILY, catchup, startAt } })).row).toMatchObject({ cursor });
});

test("an edited schedule counts from the edit, also with `catchup: all`; another edit leaves it alone", async () => {
  const { database, sync } = await openSync();
  const start = { catchup: "all" as const, startAt: "2026-11-20T00:00:00.000Z" };
  await sync({ dag: { ...DAILY, ...start } });
  await database.write((query) => moveCursor(query, "a", new Date("2026-11-23T08:00:00Z")));
  const described = await sync(
    { dag: { ...DAILY, ...start, description: "more" } },
    "2026-11-23T10:00:00.000Z",
  );
  expect(described.events).toEqual([]);
  expect(described.row).toMatchObject({ cursor: "2026-11-23T08:00:00.000Z" });
  expect(described.row?.fingerprint).toContain("more");
  const edited = await sync({ dag: { ...HOURLY, ...start } }, "2026-11-23T11:00:00.000Z");
  expect(edited.events).toEqual([
    "info schedule_changed a: a has a new schedule: 0 * * * * UTC instead of 0 9 * * * UTC. Its slots count from now.",
  ]);
  expect(edited.row).toMatchObject({ schedule: "0 * * * * UTC", cursor: "2026-11-23T11:00:00.000Z" });
});

test.each([
  ["gone", {}, "warn dag_removed a: The file of a is gone: it gets no new runs; open runs continue."],
  ["off", { dag: DAILY, enabled: false }, "info dag_off a: a is off: it gets no new runs."],
])(
  "a Dag whose file is %s gets no new runs, and is reported once, and when it is back",
  async (_what, without, event) => {
    const { sync } = await openSync();
    const { row } = await sync({ dag: DAILY });
    const absent = await sync(without, "2026-11-24T10:00:00.000Z");
    expect(absent).toMatchObject({ events: [event], row: { ...row, isActive: false } });
    expect((await sync(without)).events).toEqual([]);
    const back = await sync({ dag: DAILY }, "2026-11-25T10:00:00.000Z");
    expect(back).toMatchObject({ events: ["info dag_back a: The file of a is back."], row });
  },
);

test("a broken file is reported once for each of its faults' texts, and when it is valid again", async () => {
  const { sync } = await openSync();
  await sync({ dag: DAILY });
  const broken = await sync({ issues: [FAULT] });
  expect(broken.events).toEqual([
    "error dag_broken a: a is broken and gets no new runs: a.yaml:3:5: tasks.x: is no task",
  ]);
  expect(broken.row).toMatchObject({ isActive: false });
  expect(JSON.parse(broken.faults ?? "")).toEqual([FAULT]);
  expect((await sync({ issues: [FAULT] })).events).toEqual([]);
  const more = await sync({ issues: [FAULT, { ...FAULT, line: 4 }, { ...FAULT, line: 5 }] });
  expect(more.events).toEqual([
    "error dag_broken a: a is broken and gets no new runs: a.yaml:3:5: tasks.x: is no task (and 2 more)",
  ]);
  const mended = await sync({ dag: DAILY });
  expect(mended.events).toEqual([
    "info dag_back a: The file of a is back.",
    "info dag_mended a: The file of a is valid again.",
  ]);
  expect(mended.faults).toBeUndefined();
});

test("a broken file that is removed is forgotten without a word of its being valid", async () => {
  const { sync } = await openSync();
  await sync({ issues: [FAULT] });
  expect(await sync({})).toMatchObject({ events: [], faults: undefined });
});

test("a Dag that is off from the beginning is no Dag yet", async () => {
  const { sync } = await openSync();
  expect(await sync({ dag: DAILY, enabled: false })).toMatchObject({ events: [], row: undefined });
});
