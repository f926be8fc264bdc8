/** Where the optional DuckDB is not installed: what people see of the Dags that need it, and that all others work. */
import { copyFileSync, cpSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, expect, test } from "vitest";
import { ageFile, openCliWorld } from "../support/cli.ts";
import {
  ask,
  eventually,
  untilReady,
  useServiceWorld,
  type ServiceWorld,
} from "../support/service-process.ts";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
const INSTALL = "npm install @duckdb/node-api@1.5.6-r.1";

let world: ServiceWorld;
beforeEach(() => {
  world = useServiceWorld();
  emptyEngine(world.folder);
  const csv = join(world.inputFolder, "films.csv");
  writeFileSync(csv, "id|title\ntt1|a\n");
  ageFile(csv);
  world.writeDag(
    "films",
    `
schedule: manual
tasks:
  films:
    type: file-to-lake
    with: { dataset: films, file: films.csv, key: "Raw/Films/\${partition}/films.csv" }
`,
  );
  world.writeDag(
    "tables",
    `
schedule: { after: films }
defaults: { retries: 3 }
tasks:
  films:
    type: sql-to-lake
    with:
      dataset: trusted_films
      key: Trusted/Films/films.parquet
      inputs: { raw: { dataset: films, format: csv } }
      sql: select id, title from raw
      columns: { id: varchar, title: varchar }
`,
  );
});

/** All packages but DuckDB, whose place is empty. */
function emptyEngine(folder: string): void {
  const packages = join(folder, "program", "node_modules");
  rmSync(packages);
  mkdirSync(packages);
  for (const name of readdirSync(join(PROJECT, "node_modules"))) {
    if (name !== "@duckdb") symlinkSync(join(PROJECT, "node_modules", name), join(packages, name));
  }
  mkdirSync(join(packages, "@duckdb", "node-api"), { recursive: true });
}

function listAttempts(): readonly unknown[] {
  return world.query("SELECT state, error_code FROM v_attempts WHERE dag_id = 'tables'");
}

test("a run by hand says what to install, tries once, and stores nothing; raw objects are stored", async () => {
  await world.prepare(["run", "films", "--date", "2026-11-23"]);
  const { exitCode, stdout, stderr } = await world.run(["run", "tables", "--date", "2026-11-23"]);
  expect(exitCode, stdout + stderr).toBe(1);
  expect(stdout + stderr).toContain("DuckDB cannot be loaded");
  expect(stdout + stderr).toContain(INSTALL);
  expect(listAttempts()).toEqual([{ state: "failed", error_code: "ENGINE_MISSING" }]);
  expect(world.listLake().filter((file) => file.includes("Trusted"))).toEqual([]);
});

test("a scheduler runs everything else, shows the failure with what to install, and stays healthy", async () => {
  const scheduler = await world.startScheduler();
  await untilReady(scheduler);
  await world.prepare(["trigger", "films"]);
  await eventually(
    "the table's run has failed",
    () => world.readStates("v_runs", "tables").includes("failed"),
    scheduler,
  );
  expect(world.readStates("v_runs", "films")).toEqual(["success"]);
  expect(listAttempts()).toEqual([{ state: "failed", error_code: "ENGINE_MISSING" }]);
  expect((await ask(`${scheduler.url}/healthz`)).status).toBe(200);
  const [run] = world.query<{ run_id: string }>("SELECT run_id FROM v_runs WHERE dag_id = 'tables'");
  const runPage = await ask(`${scheduler.url}/dags/tables/runs/${encodeURIComponent(run?.run_id ?? "")}`);
  expect(runPage.text).toContain("DuckDB cannot be loaded");
  expect(runPage.text).toContain(INSTALL);
  const home = await ask(`${scheduler.url}/`);
  expect(home.text).toContain("DuckDB");
  await world.prepare(["trigger", "films"]);
  await eventually("another run of films", () => world.readStates("v_runs", "films").length === 2, scheduler);
  expect((await scheduler.stop()).exitCode).toBe(0);
});

test("the doctor says what to install, and fails only where a Dag that is on needs it", async () => {
  const examine = async (): Promise<{
    readonly state: string;
    readonly says: string;
    readonly todo: string | null;
  }> => {
    const { stdout } = await world.run(["doctor", "--json"]);
    const { checks } = JSON.parse(stdout) as {
      checks: readonly { what: string; state: string; says: string; todo: string | null }[];
    };
    const found = checks.filter(({ what }) => what === "duckdb");
    expect(found).toHaveLength(1);
    return found[0] ?? { state: "none", says: "", todo: null };
  };
  expect(await examine()).toMatchObject({
    state: "fail",
    says: expect.stringContaining("(tables cannot run without it)") as string,
    todo: expect.stringContaining(INSTALL) as string,
  });
  world.editDag("tables", (text) => text.replace("schedule:", "enabled: false\nschedule:"));
  expect(await examine()).toMatchObject({
    state: "warn",
    says: expect.stringContaining("(no Dag that is on needs it; tables would)") as string,
    todo: expect.stringContaining(INSTALL) as string,
  });
  rmSync(join(world.dagsFolder, "tables.yaml"));
  expect(await examine()).toMatchObject({ state: "ok", todo: null });
});

test("the Dags that come with Dagmar: each that needs DuckDB says so, and names no other fault", async () => {
  for (const name of ["trusted.yaml", "refined.yaml", "report.yaml"])
    copyFileSync(join(PROJECT, "dags", name), join(world.dagsFolder, name));
  cpSync(join(PROJECT, "dags", "sql"), join(world.dagsFolder, "sql"), { recursive: true });
  const full = openCliWorld();
  for (const name of readdirSync(full.dagsFolder))
    copyFileSync(join(full.dagsFolder, name), join(world.dagsFolder, name));
  full.remove();
  rmSync(join(world.dagsFolder, "films.yaml"));
  rmSync(join(world.dagsFolder, "tables.yaml"));
  expect((await world.run(["dags", "validate"])).exitCode).toBe(0);
  const { stdout } = await world.run(["doctor"]);
  expect(stdout).toContain("refined, report, trusted cannot run without it");
});
