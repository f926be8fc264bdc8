/**
 * Every command of docs/operations.md and README.md is executed as it stands there, in the state that its section describes,
 * and helps.
 */
import { spawnSync } from "node:child_process";
import {
  readdirSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import BetterSqlite3 from "better-sqlite3";
import { describe, expect, onTestFinished, test } from "vitest";
import { migrate } from "../../state/sqlite/migrate.ts";
import { MIGRATIONS } from "../../state/sqlite/migrations/list.ts";
import { renameFilesAsBefore } from "../lake/old-names.ts";
import { parseMarkdown } from "../docs/markdown.ts";
import { killWhen, openCliWorld, waitUntil, type CliProcess, type CliWorld } from "../support/cli.ts";
import { PAGE_EXECUTED_ELSEWHERE } from "./page-elsewhere.ts";
import { listPageCommands } from "./page-commands.ts";
import { openPageFollower, type PageFollower } from "./page-follower.ts";
import { doubleIds, lakeFile, prepareTmdb, say, startSlow, writeDag, writeTitles } from "./remedy-world.ts";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** The README's table of commands describes them; it recommends none. */
const PAGES = [
  ["docs/operations.md", ""],
  ["README.md", "Commands: "],
] as const;
const DATE = "2026-11-23";

async function startScheduler(running: CliProcess): Promise<CliProcess> {
  await waitUntil(running, () => running.output().includes("is scheduling"));
  return running;
}

async function stop(running: CliProcess): Promise<void> {
  running.child.kill("SIGTERM");
  expect((await running.ended).exitCode).toBe(0);
}

async function backUp(world: CliWorld): Promise<() => void> {
  await world.prepare(["db", "backup", join(world.folder, "kept.db")]);
  return () => {
    for (const end of ["", "-wal", "-shm"]) rmSync(world.databaseFile + end, { force: true });
    copyFileSync(join(world.folder, "kept.db"), world.databaseFile);
  };
}

/** A page that is not read at the start: the first one of a table. */
function damagePage(file: string): void {
  const database = new BetterSqlite3(file, { readonly: true });
  const { rootpage } = database
    .prepare<[], { rootpage: number }>("SELECT rootpage FROM sqlite_schema WHERE name = 'doubled_ids'")
    .get() ?? { rootpage: 0 };
  database.close();
  expect(rootpage).toBeGreaterThan(1);
  const descriptor = openSync(file, "r+");
  writeSync(descriptor, Buffer.alloc(64, 7), 0, 64, (rootpage - 1) * 4096);
}

function changeRows(world: CliWorld, text: string): void {
  const database = new BetterSqlite3(world.databaseFile);
  expect(database.prepare(text).run().changes).toBeGreaterThan(0);
  database.close();
}

type Execute = (world: CliWorld, page: PageFollower) => Promise<void>;

const SECTIONS: Readonly<Record<string, Execute>> = {
  "Check the surroundings": async (world, page) => {
    writeDag(world, "by_hand");
    for (const name of ["csv_ingest", "tmdb_ingest"]) rmSync(join(world.dagsFolder, `${name}.yaml`));
    world.environment["DAGMAR_INPUT"] = join(world.folder, "later");
    expect(await page.follow("dagmar doctor")).toMatch(/warn +input folder|input folder +warn/);
    mkdirSync(join(world.folder, "later"));
    expect(await page.follow("dagmar doctor")).not.toMatch(
      /(?:fail|warn) +input folder|input folder +(?:fail|warn)/,
    );
  },
  Operations: async (_, page) => {
    await stop(await startScheduler(page.start("dagmar scheduler")));
  },
  Start: async (world, page) => {
    writeDag(world, "by_hand");
    await page.follow("dagmar dags validate");
    await page.follow("dagmar db migrate");
    await stop(await startScheduler(page.start("dagmar scheduler")));
    world.environment["DAGMAR_HTTP"] = "127.0.0.1:0";
    const web = page.start("dagmar web");
    await waitUntil(web, () => web.output().includes("pages: http://127.0.0.1:"));
    await stop(web);
  },
  "Commands and a running scheduler": async (world, page) => {
    writeDag(world, "by_hand");
    const scheduler = await startScheduler(world.start(["scheduler"]));
    await page.follow("dagmar run", { run: "run by_hand" });
    await stop(scheduler);
    expect(scheduler.output()).toContain("by_hand");
  },
  Configure: async (world, page) => {
    world.environment["DAGMAR_LOG_LEVEL"] = "loud";
    world.environment["DAGMAR_HTTP"] = "nowhere";
    expect(await page.follow("dagmar dags list", {}, 78)).toMatch(
      /DAGMAR_HTTP[\s\S]*DAGMAR_LOG_LEVEL|DAGMAR_LOG_LEVEL[\s\S]*DAGMAR_HTTP/,
    );
    delete world.environment["DAGMAR_LOG_LEVEL"];
    world.environment["DAGMAR_HTTP"] = "off";
    await page.follow("dagmar dags list");
  },
  "Who may read what": async (world, page) => {
    writeDag(world, "talks");
    world.environment["DAGMAR_DB"] = join(world.folder, "data", "dagmar.db");
    await world.prepare(["run", "talks"]);
    const files = [join(world.folder, "data", "dagmar.db"), join(world.folder, "data", "logs", "talks")];
    spawnSync("chmod", ["-R", "go=r", ...files]);
    await page.follow("chmod go= data/dagmar.db*");
    await page.follow("chmod -R go= data/logs/*");
    expect(files.map((file) => statSync(file).mode & 0o077)).toEqual([0, 0]);
  },
  "Alert on what": async (world, page) => {
    writeDag(world, "faulty");
    await say(world, ["run", "faulty", "--date", DATE], 1);
    expect(await page.follow("dagmar runs show DAG", { DAG: "faulty" })).toMatch(/^fails +shell +failed/m);
    writeFileSync(join(world.folder, "well"), "");
    await page.follow("dagmar tasks clear", { clear: `clear faulty --date ${DATE}` });
    await world.prepare(["run", "faulty", "--date", DATE]);
    writeTitles(world, "id\n1\n");
    const key = `Raw/CSV/${DATE.replaceAll("-", "/")}/titles.csv`;
    mkdirSync(dirname(lakeFile(world, key)), { recursive: true });
    writeFileSync(lakeFile(world, key), "foreign");
    await world.run(["run", "files", "--date", DATE]);
    expect(await page.follow("dagmar runs show", { show: "show files" })).toContain(key);
    expect(readFileSync(lakeFile(world, key), "utf8")).toBe("foreign");
    const simulator = await prepareTmdb(world);
    await world.prepare(["run", "csv_ingest", "--date", DATE]);
    simulator.faults.push({ when: {}, times: 1, play: { kind: "wrongTitle" } });
    await say(world, ["run", "tmdb_ingest", "--date", DATE], 1);
    expect(await page.follow("dagmar lake missing --outcome failed")).toMatch(/^tt\d+ .*wrong_title/m);
    const restore = await backUp(world);
    damagePage(world.databaseFile);
    await page.follow("dagmar db check", {}, 1);
    restore();
    await page.follow("dagmar db check");
  },
  "Pages and API": async (world, page) => {
    writeDag(world, "by_hand");
    await page.follow("dagmar tokens create --role viewer --expires 90d --name dashboard");
    expect(await page.follow("dagmar tokens list")).toMatch(/dashboard +viewer/);
    await page.follow("dagmar tokens revoke 1");
    expect(await page.follow("dagmar tokens revoke", { revoke: "revoke 1" })).toContain("revoked already");
    await world.prepare(["run", "by_hand", "--date", DATE]);
    expect(await page.follow("dagmar runs show", { show: "show by_hand" })).toContain("requested by");
  },
  Logs: async (world, page) => {
    writeDag(world, "faulty");
    await say(world, ["run", "faulty"], 1);
    const values = { DAG: "faulty", TASK: "fails" };
    expect(await page.follow("dagmar tasks logs DAG TASK --follow", values)).toContain("exit code 1");
    expect(await page.follow("dagmar runs list")).toMatch(/faulty.* failed/);
  },
  Notices: async (world, page) => {
    writeDag(world, "faulty");
    // It would warn of an address that refuses.
    world.environment["DAGMAR_NOTIFY_URL"] = "http://127.0.0.1:9/";
    expect(await page.follow("dagmar run", { run: "run faulty" }, 1)).not.toContain("127.0.0.1:9");
  },
  "Back up and restore": async (world, page) => {
    writeDag(world, "by_hand");
    await world.prepare(["run", "by_hand", "--date", DATE]);
    const backups = join(world.folder, "backups");
    mkdirSync(backups);
    await page.follow(`dagmar db backup "/backups/dagmar-$(date +%F).db"`, { "/backups": backups });
    const [today] = new Date().toISOString().split("T");
    for (const end of ["", "-wal", "-shm"]) rmSync(world.databaseFile + end, { force: true });
    copyFileSync(join(backups, `dagmar-${today}.db`), world.databaseFile);
    await page.follow("dagmar db check");
    await stop(await startScheduler(world.start(["scheduler"])));
    expect(await say(world, ["runs", "list"], 0)).toContain("by_hand");
  },
  Upgrade: async (world, page) => {
    const older = new BetterSqlite3(world.databaseFile);
    older.pragma("journal_mode = WAL");
    await migrate(older, world.databaseFile, {
      mode: "apply",
      prepare: () => undefined,
      isFree: () => true,
      migrations: MIGRATIONS.slice(0, 4),
    });
    older.close();
    expect(await say(world, ["runs", "list"], 78)).toContain("has an older schema");
    await page.follow("dagmar db migrate");
    await page.follow("dagmar db backup FILE", { FILE: join(world.folder, "copy.db") });
    await world.prepare(["runs", "list"]);
    await world.prepare(["db", "check"], { DAGMAR_DB: join(world.folder, "copy.db") });
    writeFileSync(join(world.inputFolder, "notes.txt"), "notes");
    writeFileSync(
      join(world.dagsFolder, "notes.yaml"),
      'dag: notes\nschedule: manual\ntasks:\n  file: { type: file-to-lake, with: { dataset: notes, file: notes.txt, key: "Raw/${partition}/notes.txt" } }\n',
    );
    await world.prepare(["run", "notes"]);
    renameFilesAsBefore(world.lakeFolder);
    const hasOldName = (): boolean =>
      readdirSync(world.lakeFolder, { recursive: true, encoding: "utf8" }).some((name) =>
        name.endsWith("_notes.txt.meta.json"),
      );
    expect(hasOldName()).toBe(true);
    await page.follow("dagmar lake migrate");
    expect(hasOldName()).toBe(false);
    await world.prepare(["lake", "verify", "--deep"]);
  },
  "A second scheduler": async (_, page) => {
    const first = await startScheduler(page.start("dagmar scheduler"));
    const second = page.start("dagmar scheduler");
    await waitUntil(second, () => second.output().includes("Standing by."));
    await stop(first);
    await stop(await startScheduler(second));
  },
  "A run does not start": async (world, page) => {
    writeDag(world, "slow");
    writeDag(world, "daily");
    const slow = await startSlow(world, ["run", "slow", "--date", "2026-11-20"]);
    await world.prepare(["trigger", "slow", "--date", DATE]);
    await waitUntil(slow.asking, () => world.query("SELECT 1 FROM dag_runs").length === 2);
    const shown = await page.follow("dagmar runs show DAG", { DAG: "slow" });
    expect(shown).toMatch(/queued; running: slow\/manual__2026-11-20/);
    expect(await page.follow("dagmar dags next DAG", { DAG: "daily" })).toMatch(/ 06:00/);
    writeFileSync(join(world.folder, "well"), "");
    await slow.stop();
    // No process works on the run that was triggered.
    const scheduler = await startScheduler(page.start("dagmar scheduler"));
    const isDone = (): boolean =>
      world.query("SELECT 1 FROM dag_runs WHERE state NOT IN ('queued', 'running')").length === 2;
    await waitUntil(scheduler, isDone);
    await stop(scheduler);
  },
  "A run failed": async (world, page) => {
    writeDag(world, "faulty");
    await say(world, ["run", "faulty", "--date", DATE], 1);
    const values = { DAG: "faulty", TASK: "fails" };
    expect(await page.follow("dagmar runs show DAG", { DAG: "faulty" })).toMatch(/^fails +shell +failed/m);
    expect(await page.follow("dagmar tasks logs DAG TASK", values)).toContain("exit code 1");
    writeFileSync(join(world.folder, "well"), "");
    await page.follow(`dagmar tasks clear DAG@${DATE} --task TASK --downstream`, values);
    await world.prepare(["run", "faulty", "--date", DATE]);
    await page.follow(`dagmar run DAG --date ${DATE} --rerun`, { DAG: "faulty" });
    rmSync(join(world.folder, "well"));
    await say(world, ["run", "faulty", "--date", "2026-11-24"], 1);
    await page.follow("dagmar tasks mark DAG TASK success", values);
    await world.prepare(["run", "faulty", "--date", "2026-11-24"]);
  },
  "A task's process died three times": async (world, page) => {
    writeDag(world, "slow");
    await world.prepare(["trigger", "slow", "--date", DATE]);
    const read = (text: string): number => world.query(`SELECT 1 FROM ${text}`).length;
    for (let time = 1; time <= 3; time += 1) {
      const running = await startScheduler(world.start(["scheduler"]));
      await killWhen(
        running,
        () => read("v_attempts WHERE state = 'running'") === 1 && read("v_attempts") === time,
      );
    }
    const scheduler = await startScheduler(world.start(["scheduler"]));
    await waitUntil(scheduler, () => read("v_attempts WHERE error_code = 'TASK_SET_ASIDE'") === 1);
    writeFileSync(join(world.folder, "well"), "");
    await page.follow(`dagmar tasks clear DAG@${DATE} --task TASK`, { DAG: "slow", TASK: "waits" });
    await page.follow("dagmar lake missing --limit 0");
    await waitUntil(scheduler, () => read("v_runs WHERE state = 'success'") === 1);
    await stop(scheduler);
  },
  "A run is unusable": async (world, page) => {
    writeDag(world, "by_hand");
    await world.prepare(["run", "by_hand", "--date", DATE]);
    const restore = await backUp(world);
    changeRows(world, "UPDATE dag_runs SET state = 'asleep'");
    expect(await page.follow("dagmar db check", {}, 1)).toMatch(/state is "asleep"/);
    restore();
    await page.follow("dagmar db check");
    await world.prepare(["run", "by_hand", "--date", DATE]);
  },
  "A batch was discarded": async (world, page) => {
    await prepareTmdb(world);
    await world.prepare(["run", "csv_ingest", "--date", DATE]);
    // A file where the objects' folder has to be: answers are sealed and cannot be put.
    const folder = lakeFile(world, "Raw/TMDB/JSON");
    mkdirSync(dirname(folder), { recursive: true });
    writeFileSync(folder, "");
    await world.run(["run", "tmdb_ingest", "--date", DATE]);
    changeRows(world, "UPDATE spool SET body = x'7b7d' WHERE spool_id = (SELECT min(spool_id) FROM spool)");
    rmSync(folder);
    await world.run(["tasks", "clear", "tmdb_ingest", "--date", DATE]);
    expect(await say(world, ["run", "tmdb_ingest", "--date", DATE], 0)).toContain("batch_discarded");
    await page.follow("dagmar db check");
    expect(await say(world, ["lake", "missing"], 0)).not.toContain("failed");
  },
  "A Dag is broken": async (world, page) => {
    const file = join(world.dagsFolder, "broken.yaml");
    writeFileSync(file, "dag: broken\nschedule: manual\ntasks: { nothing: { type: nop } }\n");
    expect(await page.follow("dagmar dags validate", {}, 78)).toMatch(/broken\.yaml:3:\d+/);
    writeFileSync(file, "dag: broken\nschedule: manual\ntasks: { nothing: { type: noop } }\n");
    await page.follow("dagmar dags validate");
    await world.prepare(["run", "broken"]);
  },
  "The disk of the log is full": async (world, page) => {
    writeDag(world, "by_hand");
    await page.follow("dagmar run", { run: `run by_hand --date ${DATE} 2>/dev/full` });
    expect(await say(world, ["runs", "list"], 0)).toMatch(/by_hand.* success/);
  },
  "The database's log grows": async (world, page) => {
    writeDag(world, "by_hand");
    await world.prepare(["run", "by_hand"]);
    const reader = new BetterSqlite3(world.databaseFile, { readonly: true });
    reader.exec("BEGIN; SELECT * FROM lease");
    const found = await page.follow("fuser dagmar.db");
    expect(found).toMatch(new RegExp(`\\b${process.pid}`));
    await page.follow("dagmar db backup", { backup: "backup copy.db" });
    reader.exec("COMMIT");
    await world.prepare(["run", "by_hand"]);
    expect(statSync(`${world.databaseFile}-wal`).size).toBe(0);
    reader.close();
  },
  "The database's file was moved": async (world, page) => {
    writeDag(world, "by_hand");
    await world.prepare(["run", "by_hand", "--date", DATE]);
    const restore = await backUp(world);
    damagePage(world.databaseFile);
    await page.follow("dagmar db check", {}, 1);
    restore();
    await page.follow("dagmar db check");
    await world.prepare(["run", "by_hand", "--date", DATE]);
  },
  "The -wal belongs to another state": async (world, page) => {
    writeDag(world, "by_hand");
    await world.prepare(["run", "by_hand", "--date", DATE]);
    await world.prepare(["db", "backup", join(world.folder, "kept.db")]);
    const scheduler = await startScheduler(world.start(["scheduler"]));
    scheduler.child.kill("SIGKILL");
    await scheduler.ended;
    copyFileSync(join(world.folder, "kept.db"), world.databaseFile);
    expect(await page.follow("dagmar db check", {}, 78)).toContain("belongs to another state");
    for (const end of ["-wal", "-shm"]) rmSync(world.databaseFile + end);
    await page.follow("dagmar db check");
    await world.prepare(["run", "by_hand", "--date", DATE]);
  },
  "TMDB is not reached": async (world, page) => {
    const simulator = await prepareTmdb(world);
    await world.prepare(["run", "csv_ingest", "--date", DATE]);
    simulator.faults.push({ when: {}, times: 1, play: { kind: "status", status: 429, retryAfter: "7200" } });
    const scheduler = await startScheduler(world.start(["scheduler"]));
    await world.prepare(["trigger", "tmdb_ingest", "--date", DATE]);
    const waits = () => world.query("SELECT 1 FROM v_tasks WHERE state LIKE 'up_for%'").length > 0;
    await waitUntil(scheduler, waits);
    await world.prepare(["trigger", "tmdb_ingest", "--date", "2026-11-24"]);
    await waitUntil(
      scheduler,
      () => world.query("SELECT 1 FROM v_runs WHERE dag_id = 'tmdb_ingest'").length === 2,
    );
    const listed = await page.follow("dagmar runs list");
    expect(listed).toMatch(/waits|until/);
    expect(await page.follow("dagmar runs show", { show: `show tmdb_ingest@${DATE}` })).toMatch(
      /until|retry/,
    );
    await page.follow("dagmar runs cancel", { cancel: `cancel tmdb_ingest@${DATE}` });
    const isDone = () =>
      world.query("SELECT 1 FROM v_runs WHERE dag_id = 'tmdb_ingest' AND state = 'success'").length === 1;
    await waitUntil(scheduler, isDone);
    await stop(scheduler);
  },
  "Objects are missing, or differ": async (world, page) => {
    writeDag(world, "files");
    writeTitles(world, "id\n1\n");
    await world.prepare(["run", "files", "--date", DATE]);
    const key = lakeFile(world, `Raw/CSV/${DATE.replaceAll("-", "/")}/titles.csv`);
    const rerun = { DAG: "files", "…": DATE };
    for (const command of [
      "dagmar run DAG --date … --rerun",
      "dagmar backfill DAG --from … --to … --reprocess completed",
    ]) {
      rmSync(key);
      expect(await page.follow("dagmar lake verify", {}, 1)).toContain("missing");
      if (command.startsWith("dagmar backfill")) {
        writeFileSync(
          join(world.dagsFolder, "files.yaml"),
          readFileSync(join(world.dagsFolder, "files.yaml"), "utf8").replace(
            "schedule: manual",
            `schedule: "0 0 * * *"`,
          ),
        );
      } else expect(await say(world, ["run", "files", "--date", DATE], 1)).toContain("--rerun");
      await page.follow(command, rerun);
      await page.follow("dagmar lake verify");
      expect(readFileSync(key, "utf8")).toBe("id\n1\n");
    }
  },
  "Ids are doubled": async (world, page) => {
    await prepareTmdb(world);
    await world.prepare(["run", "csv_ingest", "--date", DATE]);
    await world.prepare(["run", "tmdb_ingest", "--date", DATE]);
    await doubleIds(world, "2026-11-24");
    await world.prepare(["run", "tmdb_ingest", "--date", "2026-11-25"]);
    expect(await page.follow("dagmar lake verify", {}, 1)).toContain("doubled");
    for (const name of ["Movies", "Series"])
      rmSync(lakeFile(world, `Raw/TMDB/JSON/${name}/2026/11/24`), { recursive: true });
    await page.follow("dagmar run DAG --date … --rerun", { DAG: "tmdb_ingest", "…": "2026-11-25" });
    const verified = await world.run(["lake", "verify", "--json"]);
    expect(JSON.parse(verified.stdout)).toMatchObject({ doubled_ids: [] });
  },
  "Remove an object that was stored by mistake": async (world, page) => {
    await prepareTmdb(world);
    await world.prepare(["run", "csv_ingest", "--date", DATE]);
    await world.prepare(["run", "tmdb_ingest", "--date", DATE]);
    const key = "Raw/Local/CSV/Movies/2026/11/23/movies.csv";
    expect(await page.follow("dagmar lake ls")).toContain(key);
    expect(await page.follow(`dagmar lake rm ${key} --dry-run`)).toContain(`Would remove ${key}`);
    await page.follow(`dagmar lake rm ${key} --why "the CSV of last year"`);
    expect(existsSync(lakeFile(world, key))).toBe(false);
    expect(await page.follow("dagmar lake ls --removed")).toMatch(/the CSV of last year.* removed/);
    await page.follow("dagmar lake verify");
    await page.follow(`dagmar lake rm KEY --undo --why "…"`, { KEY: key });
    await world.prepare(["run", "csv_ingest", "--date", DATE, "--rerun"]);
    expect(existsSync(lakeFile(world, key))).toBe(true);
    const [records = ""] = world
      .query<{ key: string }>("SELECT key FROM v_objects WHERE kind = 'records'")
      .map((row) => row.key);
    await world.prepare(["lake", "rm", records, "--why", "by mistake"]);
    expect(await page.follow("dagmar lake missing")).toContain("object_removed");
  },
  "Use your own data": async (world, page) => {
    await prepareTmdb(world);
    await page.follow("dagmar run csv_ingest");
    await page.follow("dagmar run tmdb_ingest");
    expect(await page.follow("dagmar runs show tmdb_ingest")).toContain("success");
    await page.follow("dagmar lake missing");
    const [yaml = ""] = parseMarkdown(readFileSync(join(ROOT, "README.md"), "utf8"))
      .blocks.filter(({ language }) => language === "yaml")
      .map(({ text }) => text);
    writeFileSync(join(world.dagsFolder, "crew_ingest.yaml"), yaml);
    writeFileSync(join(world.inputFolder, "crew.csv"), "id\n1\n");
    await page.follow("dagmar dags validate");
    await page.follow(`dagmar run crew_ingest --date ${DATE}`);
    const key = `Raw/Local/CSV/Crew/${DATE.replaceAll("-", "/")}/crew.csv`;
    expect(readFileSync(lakeFile(world, key), "utf8")).toBe("id\n1\n");
  },
  "Run it on a schedule": async (world, page) => {
    await prepareTmdb(world);
    await page.follow("dagmar dags validate");
    expect(await page.follow("dagmar dags next csv_ingest")).toMatch(/\d{4}-\d\d-\d\d \d\d:\d\d/);
    await page.follow("dagmar backfill csv_ingest --from 2026-11-01 --to 2026-11-07");
    world.environment["DAGMAR_HTTP"] = "127.0.0.1:0";
    const scheduler = await startScheduler(page.start("dagmar scheduler"));
    const [, address = ""] = /http:\/\/(\S+?)\/healthz/.exec(scheduler.output()) ?? [];
    expect(await page.follow("curl localhost:8793/healthz", { "localhost:8793": address })).toContain("ok");
    const dags = await page.follow("curl localhost:8793/api/v2/dags", { "localhost:8793": address });
    expect(dags).toContain('"dag_id":"csv_ingest"');
    await stop(scheduler);
  },
  "There are two lakes": async (world, page) => {
    writeDag(world, "by_hand");
    await world.prepare(["run", "by_hand", "--date", DATE]);
    const other = `file:${join(world.folder, "second")}`;
    await world.prepare(["run", "by_hand", "--date", DATE], { DAGMAR_LAKE: other });
    expect((await page.follow("dagmar runs list")).match(/by_hand/g)).toHaveLength(2);
    await world.prepare(["run", "by_hand", "--date", DATE]);
    expect((await page.follow("dagmar runs list")).match(/by_hand/g)).toHaveLength(2);
  },
};

const commands = PAGES.flatMap(([page, table]) =>
  listPageCommands(ROOT, page).filter((entry) => table === "" || !entry.startsWith(table)),
);
const listOf = (heading: string): readonly string[] =>
  commands
    .filter((entry) => entry.startsWith(`${heading}: `))
    .map((entry) => entry.slice(heading.length + 2));
const isElsewhere = (entry: string): boolean =>
  PAGE_EXECUTED_ELSEWHERE.some(({ covers }) => covers.includes(entry));

describe("the commands help under", () => {
  test.each(Object.entries(SECTIONS))("%s", { timeout: 240_000 }, async (heading, execute) => {
    const world = openCliWorld({ DAGMAR_HTTP: "off" });
    onTestFinished(() => world.remove());
    const page = openPageFollower(world);
    await execute(world, page);
    const expected = listOf(heading).filter((command) => !isElsewhere(`${heading}: ${command}`));
    expect([...page.executed].toSorted()).toEqual([...expected].toSorted());
  });
});

test("every command of the pages is executed, here or elsewhere", () => {
  expect(commands.length).toBeGreaterThan(50);
  const headings = Object.keys(SECTIONS);
  const isHere = (entry: string): boolean => headings.some((heading) => entry.startsWith(`${heading}: `));
  expect(commands.filter((entry) => !isHere(entry) && !isElsewhere(entry))).toEqual([]);
});

test.each(PAGE_EXECUTED_ELSEWHERE)("$file executes $covers", ({ covers, file, holds }) => {
  expect(covers.filter((entry) => !commands.includes(entry))).toEqual([]);
  expect(readFileSync(join(ROOT, file), "utf8")).toContain(holds);
});
