/** Every command that a message recommends is executed in the state in which it is recommended, and solves the problem. */
import { existsSync, copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { openCliWorld, waitUntil, type CliWorld } from "../support/cli.ts";
import { EXECUTED_ELSEWHERE } from "./executed-elsewhere.ts";
import { listRecommended, listUnmarked } from "./list-recommended.ts";
import {
  doubleIds,
  follow,
  lakeFile,
  prepareTmdb,
  say,
  startSlow,
  writeDag,
  writeTitles,
} from "./remedy-world.ts";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

interface Remedy {
  readonly state: string;
  /** `file command`: the texts that recommend it. */
  readonly covers: readonly string[];
  /** Brings the state about, executes what is recommended there, and expects what must hold then. */
  readonly execute: (world: CliWorld) => Promise<void>;
}

const REMEDIES: readonly Remedy[] = [
  {
    state: "a dataset that a Dag reads has no file yet",
    covers: ["tasks/csv-to-ids/input.ts dags list", "tasks/csv-to-ids/input.ts run"],
    execute: async (world) => {
      writeDag(world, "reader");
      writeDag(world, "files");
      const unknown = await say(world, ["run", "reader"], 1);
      expect(await follow(world, unknown, "dags list")).toContain("files");
      writeTitles(world, "id\ntt0000001\n");
      await world.prepare(["run", "files", "--date", "2026-11-20"]);
      // In another lake it has none either, and is known by now as the one that stores it.
      world.environment["DAGMAR_LAKE"] = `file:${join(world.folder, "other")}`;
      const known = await say(world, ["run", "reader"], 1);
      await follow(world, known, "run");
      expect(await say(world, ["run", "reader"], 0)).toContain("success");
    },
  },
  {
    state: "what a table must be is not so",
    covers: ["tasks/sql-to-lake/compute-table.ts tasks logs"],
    execute: async (world) => {
      writeDag(world, "table");
      writeTitles(world, "id\ntt1\ntt1\n");
      await world.prepare(["run", "files", "--date", "2026-11-20"]);
      const told = await say(world, ["run", "table", "--date", "2026-11-20"], 1);
      expect(await follow(world, told, "tasks logs")).toContain("tt1");
    },
  },
  {
    state: "an object that a table is made of is not what was stored",
    covers: ["tasks/sql-to-lake/fetch-inputs.ts lake verify"],
    execute: async (world) => {
      writeDag(world, "table");
      writeTitles(world, "id\ntt0000001\n");
      await world.prepare(["run", "files", "--date", "2026-11-20"]);
      const object = lakeFile(world, "Raw/CSV/2026/11/20/titles.csv");
      writeFileSync(object, "id\ntt0000002\n");
      const told = await say(world, ["run", "table", "--date", "2026-11-20"], 1);
      expect(await follow(world, told, "lake verify", { exitCode: 1 })).toContain("titles.csv");
      rmSync(object);
      await world.prepare(["run", "files", "--date", "2026-11-20", "--rerun"]);
      await follow(world, told, "lake verify");
      await world.prepare(["run", "table", "--date", "2026-11-20", "--rerun"]);
    },
  },
  {
    state: "a table's content was removed by a user",
    covers: ["tasks/sql-to-lake/publish.ts lake rm"],
    execute: async (world) => {
      writeDag(world, "table");
      writeTitles(world, "id\ntt1\n");
      await world.prepare(["run", "files", "--date", "2026-11-20"]);
      await world.prepare(["run", "table", "--date", "2026-11-20"]);
      await world.prepare(["lake", "rm", "Trusted/made.parquet", "--why", "a test"]);
      const told = await say(world, ["run", "table", "--date", "2026-11-20", "--rerun"], 1);
      await follow(world, told, "lake rm", { more: ["it was right"] });
      await world.prepare(["run", "table", "--date", "2026-11-20", "--rerun"]);
      expect(existsSync(lakeFile(world, "Trusted/made.parquet"))).toBe(true);
    },
  },
  {
    state: "the object that a Dag reads is not what was stored",
    covers: ["tasks/csv-to-ids/input.ts run"],
    execute: async (world) => {
      writeDag(world, "reader");
      writeTitles(world, "id\ntt0000001\n");
      await world.prepare(["run", "files", "--date", "2026-11-20"]);
      writeFileSync(lakeFile(world, "Raw/CSV/2026/11/20/titles.csv"), "id\ntt0000002\n");
      const told = await say(world, ["run", "reader"], 1);
      expect(told).toContain("is not what was stored there");
      await follow(world, told, "run");
      expect(await say(world, ["run", "reader"], 0)).toContain("success");
      expect(world.query("SELECT asked_id FROM candidate_ids")).toEqual([{ asked_id: "tt0000001" }]);
    },
  },
  {
    state: "a command is interrupted while the scheduler does its work",
    covers: ["cli/commands/run.ts runs show", "cli/commands/runs/cancel.ts runs show"],
    execute: async (world) => {
      writeDag(world, "slow");
      const scheduler = world.start(["scheduler"], { DAGMAR_HTTP: "off" });
      await waitUntil(scheduler, () => scheduler.output().includes("is scheduling"));
      const asking = world.start(["run", "slow"]);
      const isRunning = () => world.query("SELECT 1 FROM task_instances WHERE state = 'running'").length > 0;
      await waitUntil(asking, isRunning);
      asking.child.kill("SIGINT");
      const { stdout, stderr } = await asking.ended;
      expect(await follow(world, stdout + stderr, "runs show")).toMatch(/^waits +shell +running/m);
      writeFileSync(join(world.folder, "well"), "");
      await waitUntil(scheduler, () => !isRunning());
      expect(await follow(world, stdout + stderr, "runs show")).toMatch(/^waits +shell +success/m);
      rmSync(join(world.folder, "well"));
      const again = world.start(["run", "slow"]);
      await waitUntil(again, isRunning);
      const cancelled = await say(world, ["runs", "cancel", "slow"], 0);
      expect(await follow(world, cancelled, "runs show")).toContain("slow/manual__");
      expect((await again.ended).stdout).toContain("cancelled");
      scheduler.child.kill("SIGTERM");
      await scheduler.ended;
    },
  },
  {
    state: "an object of an earlier day is gone, and the file has other content by now",
    covers: ["lake/protocol/record-learned.ts lake verify"],
    execute: async (world) => {
      writeTitles(world, "id\n1\n");
      await world.prepare(["run", "files", "--date", "2026-11-20"]);
      rmSync(lakeFile(world, "Raw/CSV/2026/11/20/titles.csv"));
      writeTitles(world, "id\n2\n");
      const told = await say(world, ["run", "files", "--date", "2026-11-21"], 0);
      expect(told).toContain("objects_missing");
      const verified = await follow(world, told, "lake verify", { exitCode: 1 });
      expect(verified).toMatch(/^Raw\/CSV\/2026\/11\/20\/titles\.csv +missing/m);
      writeFileSync(lakeFile(world, "Raw/CSV/2026/11/20/titles.csv"), "id\n1\n");
      await world.prepare(["run", "files", "--date", "2026-11-22"]);
      await world.prepare(["lake", "verify"]);
    },
  },
  {
    state: "two databases have stored the same ids",
    covers: ["lake/protocol/record-learned.ts lake verify", "docs lake verify"],
    execute: async (world) => {
      await prepareTmdb(world);
      await world.prepare(["run", "csv_ingest", "--date", "2026-11-20"]);
      await world.prepare(["run", "tmdb_ingest", "--date", "2026-11-20"]);
      await doubleIds(world, "2026-11-21");
      const told = await say(world, ["run", "tmdb_ingest", "--date", "2026-11-22"], 0);
      expect(told).toMatch(/ids_doubled[\s\S]*`dagmar lake verify` lists them/);
      expect(await follow(world, told, "lake verify", { exitCode: 1 })).toMatch(
        /movies-20261121\S+ +doubled +\d+ ids that Raw\/TMDB\/JSON\/Movies\/2026\/11\/20\/\S+ holds too, such as tt/,
      );
      // As docs/operations.md says: delete one object of each pair, and run once more.
      for (const name of ["Movies", "Series"]) {
        const folder = lakeFile(world, `Raw/TMDB/JSON/${name}/2026/11/21`);
        for (const file of readdirSync(folder)) if (!file.includes(".manifest-")) rmSync(join(folder, file));
      }
      await world.run(["run", "tmdb_ingest", "--date", "2026-11-22", "--rerun"]);
      const verified = await world.run(["lake", "verify", "--json"]);
      expect(JSON.parse(verified.stdout)).toMatchObject({ doubled_ids: [] });
      expect(await say(world, ["lake", "missing", "--outcome", "failed"], 0)).toContain(
        "No missing id matches",
      );
    },
  },
  {
    state: "there is no database yet, or only an empty file",
    covers: [
      "state/sqlite/database-checks.ts run",
      "state/sqlite/database-checks.ts db migrate",
      "state/sqlite/migrate.ts run",
      "state/sqlite/migrate.ts db migrate",
      "model/errors.ts db migrate",
      "docs db migrate",
    ],
    execute: async (world) => {
      writeDag(world, "by_hand");
      const told = await say(world, ["runs", "list"], 78);
      await follow(world, told, "db migrate");
      await world.prepare(["runs", "list"]);
      world.environment["DAGMAR_DB"] = join(world.folder, "empty.db");
      writeFileSync(join(world.folder, "empty.db"), "");
      const empty = await say(world, ["runs", "list"], 78);
      await follow(world, empty, "run", { more: ["by_hand"] });
      expect(await say(world, ["runs", "list"], 0)).toContain("by_hand");
    },
  },
  {
    state: "the database is damaged",
    covers: [
      "state/sqlite/sqlite-errors.ts db backup",
      "state/sqlite/database-file.ts db backup",
      "docs db backup",
      "docs db check",
    ],
    execute: async (world) => {
      writeDag(world, "by_hand");
      await world.prepare(["run", "by_hand"]);
      const copy = join(world.folder, "copy.db");
      await world.prepare(["db", "backup", copy]);
      writeFileSync(world.databaseFile, "no database, but long enough to look at\n".repeat(100));
      expect(await say(world, ["runs", "list"], 78)).toContain(
        "Restore a backup (made with `dagmar db backup`)",
      );
      for (const end of ["", "-wal", "-shm"]) rmSync(world.databaseFile + end, { force: true });
      copyFileSync(copy, world.databaseFile);
      await world.prepare(["db", "check"]);
      expect(await say(world, ["runs", "list"], 0)).toContain("by_hand");
    },
  },
  {
    state: "a Dag or a run of that name or date does not exist",
    covers: [
      "app/dags/dag-library.ts dags list",
      "app/runs/find-run.ts runs list",
      "app/runs/find-run.ts dags list",
      "app/runs/choose-date.ts runs list",
      "scheduler/commands/clear-tasks.ts runs list",
      "scheduler/commands/prepare-run.ts runs list",
      "docs dags list",
      "docs runs list",
    ],
    execute: async (world) => {
      writeDag(world, "by_hand");
      await world.prepare(["run", "by_hand", "--date", "2026-11-20"]);
      expect(await follow(world, await say(world, ["run", "by_hnad"], 2), "dags list")).toContain("by_hand");
      const range = ["--from", "2020-01-01", "--to", "2020-01-02"];
      for (const args of [
        ["runs", "show", "nothing"],
        ["runs", "show", "by_hand@2020-01-01"],
        ["tasks", "clear", "by_hand", ...range],
        ["run", "by_hand", "--rerun"],
      ]) {
        expect(await follow(world, await say(world, args, 2), "runs list")).toMatch(/2026-11-20/);
      }
      for (const args of [
        ["runs", "show", "nothing"],
        ["runs", "list", "nothing"],
      ]) {
        expect(await follow(world, await say(world, args, 2), "dags list")).toContain("by_hand");
      }
    },
  },
  {
    state: "no scheduler is there for what was asked for",
    covers: [
      "cli/commands/trigger.ts run",
      "cli/display/run-page.ts run",
      "cli/commands/tasks/clear.ts run",
      "docs trigger",
      "docs runs cancel",
    ],
    execute: async (world) => {
      writeDag(world, "by_hand");
      const triggered = await say(world, ["trigger", "by_hand", "--date", "2026-11-20"], 0);
      expect(await follow(world, triggered, "run")).toContain("success");
      const cleared = await say(world, ["tasks", "clear", "by_hand", "--date", "2026-11-20"], 0);
      const more = ["by_hand", "--date", "2026-11-20"];
      // The command has two placeholders: the Dag and its date.
      expect(cleared).toContain("`dagmar run … --date …`");
      expect(await say(world, ["run", ...more], 0)).toContain("success");
      await world.prepare(["trigger", "by_hand", "--date", "2026-11-21"]);
      const shown = await say(world, ["runs", "show", "by_hand"], 0);
      expect(await follow(world, shown, "run")).toContain("success");
      await world.prepare(["trigger", "by_hand", "--date", "2026-11-22"]);
      const cancelled = await say(world, ["runs", "cancel", "by_hand@2026-11-22"], 0);
      expect(cancelled).toContain("is cancelled");
    },
  },
  {
    state: "a Dag has no slots, or none in the range",
    covers: [
      "scheduler/commands/list-backfill-slots.ts run",
      "scheduler/commands/list-backfill-slots.ts dags next",
      "cli/commands/dags/next.ts run",
      "docs dags next",
    ],
    execute: async (world) => {
      writeDag(world, "by_hand");
      writeDag(world, "daily");
      const range = ["--from", "2026-11-20T07:00", "--to", "2026-11-20T08:00"];
      const manual = await say(world, ["backfill", "by_hand", ...range], 2);
      expect(manual).toContain("`dagmar run by_hand --date …`");
      await world.prepare(["run", "by_hand", "--date", "2026-11-20"]);
      expect(await follow(world, await say(world, ["dags", "next", "by_hand"], 0), "run")).toContain(
        "success",
      );
      const none = await say(world, ["backfill", "daily", ...range], 2);
      expect(await follow(world, none, "dags next", { more: ["2026-11-20T07:00"] })).toContain(
        "2026-11-21 06",
      );
    },
  },
  {
    state: "a task is at work that is to be cleared",
    covers: ["scheduler/commands/refuse-running.ts runs cancel"],
    execute: async (world) => {
      writeDag(world, "slow");
      const slow = await startSlow(world, ["run", "slow", "--date", "2026-11-20"]);
      const clear = ["tasks", "clear", "slow", "--date", "2026-11-20"];
      await follow(world, await say(world, clear, 75), "runs cancel");
      await slow.untilIdle();
      writeFileSync(join(world.folder, "well"), "");
      await world.prepare(clear);
      await slow.stop();
    },
  },
  {
    state: "another backfill of the Dag is under way",
    covers: ["scheduler/commands/backfill.ts backfill"],
    execute: async (world) => {
      writeDag(world, "slow_daily");
      const range = (day: number) => ["--from", `2026-11-${day}`, "--to", `2026-11-${day}`];
      const slow = await startSlow(world, ["backfill", "slow_daily", ...range(18)]);
      const other = ["backfill", "slow_daily", ...range(19)];
      await follow(world, await say(world, other, 75), "backfill");
      await slow.untilIdle();
      writeFileSync(join(world.folder, "well"), "");
      await world.prepare(other);
      await slow.stop();
    },
  },
  {
    state: "a task has failed",
    covers: ["docs runs show", "docs tasks logs", "docs tasks clear", "docs tasks mark", "docs run"],
    execute: async (world) => {
      writeDag(world, "faulty");
      await say(world, ["run", "faulty", "--date", "2026-11-20"], 1);
      expect(await say(world, ["runs", "show", "faulty"], 0)).toContain("failed");
      await world.prepare(["tasks", "logs", "faulty", "fails"]);
      writeFileSync(join(world.folder, "well"), "");
      await world.prepare([
        "tasks",
        "clear",
        "faulty",
        "--date",
        "2026-11-20",
        "--task",
        "fails",
        "--downstream",
      ]);
      await world.prepare(["run", "faulty", "--date", "2026-11-20"]);
      await world.prepare(["run", "faulty", "--date", "2026-11-20", "--rerun"]);
      rmSync(join(world.folder, "well"));
      await say(world, ["run", "faulty", "--date", "2026-11-21"], 1);
      await world.prepare(["tasks", "mark", "faulty", "fails", "success"]);
      await world.prepare(["run", "faulty", "--date", "2026-11-21"]);
    },
  },
];

describe("a remedy helps where", () => {
  test.each(REMEDIES)("$state", { timeout: 240_000 }, async ({ execute }) => {
    const world = openCliWorld();
    onTestFinished(() => world.remove());
    await expect(execute(world)).resolves.toBeUndefined();
  });
});

describe("of the commands that texts recommend", () => {
  const covered = REMEDIES.flatMap(({ covers }) => covers);
  const elsewhere = EXECUTED_ELSEWHERE.flatMap(({ covers }) => covers);
  const recommended = listRecommended(ROOT);

  test("each is executed by a test in its state, here or elsewhere", () => {
    expect(recommended.length).toBeGreaterThan(40);
    const executed = new Set([...covered, ...elsewhere]);
    expect(recommended.filter((text) => !executed.has(text))).toEqual([]);
  });

  test("none stands in a text without backticks", () => {
    expect(listUnmarked(ROOT)).toEqual([]);
  });

  test("none is said to be executed that no text recommends", () => {
    expect([...covered, ...elsewhere].filter((text) => !recommended.includes(text))).toEqual([]);
  });

  test.each(EXECUTED_ELSEWHERE)("$file executes it in '$title'", ({ file, title, holds }) => {
    const text = readFileSync(join(ROOT, file), "utf8");
    const start = text.indexOf(`"${title}"`);
    expect(start).toBeGreaterThan(-1);
    const isGroup = text.slice(start - 9, start) === "describe(";
    const end = text.slice(start).search(isGroup ? /\ndescribe[.(]/ : /\n {0,2}(?:test|describe)[.(]/);
    expect(text.slice(start, end === -1 ? undefined : start + end)).toContain(holds);
  });
});
