/** Every recipe of docs/state.md runs on a database that the product made, finds something, and gives the columns that are shown. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import BetterSqlite3 from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openCliWorld, startSimulator, waitUntil, writeSamples, type CliWorld } from "../support/cli.ts";
import type { TmdbSimulator } from "../../quickstart/simulator/tmdb-simulator.ts";
import { parseMarkdown, type FencedBlock } from "./markdown.ts";

const PAGE = fileURLToPath(new URL("../../docs/state.md", import.meta.url));
const { blocks, prose } = parseMarkdown(readFileSync(PAGE, "utf8"));
const recipes = blocks.filter((block) => block.language === "sql");

const AWAY_MS = 4_000;
let world: CliWorld;
let simulator: TmdbSimulator;
let database: BetterSqlite3.Database;

/**
 * The runs that the page shows: complete, limited, with a wrong token, after a foreign file came into the lake;
 * and what a scheduler that was away and came back leaves.
 */
beforeAll(async () => {
  simulator = await startSimulator({ token: "simulator" });
  world = openCliWorld({ TMDB_BASE_URL: simulator.url });
  await writeSamples(world, { movies: 30, series: 10 });
  const foreign = join(world.lakeFolder, "Raw/TMDB/JSON/Movies/2026/11/23/notes.json");
  await expectExit(["run", "csv_ingest", "--date", "2026-11-23"], 0);
  await expectExit(["run", "csv_ingest", "--date", "2026-11-24"], 0);
  await expectExit(["run", "tmdb_ingest", "--date", "2026-11-23", "--param", "limit=20"], 0);
  mkdirSync(dirname(foreign), { recursive: true });
  writeFileSync(foreign, "[]\n");
  await expectExit(["run", "tmdb_ingest", "--date", "2026-11-24", "--task", "movies"], 0);
  await expectExit(["run", "tmdb_ingest", "--date", "2026-11-25", "--param", "since=1990"], 1, {
    TMDB_API_TOKEN: "wrong",
  });
  await keepSchedule();
  database = new BetterSqlite3(world.databaseFile, { readonly: true });
});

afterAll(async () => {
  database.close();
  await simulator.close();
  world.remove();
});

/** A Dag with skipped slots, one whose runs queue, one that breaks, one that was never valid, one that is paused. */
async function keepSchedule(): Promise<void> {
  const write = (dagId: string, schedule: string, task: string): void => {
    const text = `dag: ${dagId}\nschedule: ${schedule}\ntasks: { one: ${task} }\n`;
    writeFileSync(join(world.dagsFolder, `${dagId}.yaml`), text);
  };
  const count = (sql: string): number => world.query(sql).length;
  write("ticking", '"* * * * * *"', "{ type: noop }");
  write("stuck", '"* * * * * *"', "{ type: shell, with: { command: [sleep, 600] } }");
  write("edited", "manual", "{ type: noop }");
  const first = world.start(["scheduler"], { DAGMAR_HTTP: "off" });
  await waitUntil(first, () => count("SELECT 1 FROM v_runs WHERE dag_id = 'stuck' AND state = 'queued'") > 0);
  await waitUntil(
    first,
    () => count("SELECT 1 FROM v_runs WHERE dag_id = 'ticking' AND state = 'success'") > 0,
  );
  first.child.kill("SIGTERM");
  expect((await first.ended).exitCode).toBe(0);
  const goneMs = performance.now();
  write("edited", "manual", "{ type: nop }");
  write("faulty", '"99 * * * *"', "{ type: noop }");
  await expectExit(["dags", "pause", "oscar_ingest"], 0);
  await expectExit(
    ["backfill", "ticking", "--from", "2026-11-01T06:00:00Z", "--to", "2026-11-01T06:00:02Z"],
    0,
  );
  // Away for several slots, however quick the commands before were.
  await delay(Math.max(0, goneMs + AWAY_MS - performance.now()));
  const skips = "SELECT 1 FROM v_events WHERE kind = 'slots_skipped'";
  const told = count(skips);
  const second = world.start(["scheduler"], { DAGMAR_HTTP: "off" });
  await waitUntil(second, () => count(skips) > told);
  second.child.kill("SIGTERM");
  expect((await second.ended).exitCode).toBe(0);
}

async function expectExit(
  args: readonly string[],
  exitCode: number,
  more: Readonly<Record<string, string>> = {},
): Promise<void> {
  const result = await world.run(args, more);
  expect(result.exitCode, `${args.join(" ")}\n${result.stdout}${result.stderr}`).toBe(exitCode);
}

function findShown(recipe: FencedBlock): FencedBlock | undefined {
  const next = blocks[blocks.indexOf(recipe) + 1];
  return next?.language === "text" ? next : undefined;
}

/** A database that knows an id that the page names needs it in the recipe's place. */
function useIdOfDatabase(sql: string): string {
  const stored = database
    .prepare("SELECT min(asked_id) FROM v_ids WHERE outcome = 'stored'")
    .pluck()
    .get() as string;
  return sql.replaceAll("tt0004444", stored);
}

describe("docs/state.md", () => {
  it("has recipes", () => {
    expect(recipes.length).toBeGreaterThanOrEqual(10);
  });

  it.each(recipes)("answers $heading (line $line) on a real database, with the columns shown", (recipe) => {
    const statement = database.prepare(useIdOfDatabase(recipe.text));
    const columns = statement.columns().map((column) => column.name);
    expect(statement.readonly).toBe(true);
    expect(statement.all().length).toBeGreaterThan(0);
    const shown = findShown(recipe);
    expect(shown, "an output below the recipe").toBeDefined();
    expect(shown?.text.split("\n")[0]?.split(/\s+/)).toEqual(columns);
  });

  it("finds what it says it finds: the failed tasks, the adopted object, a sum that holds, an id that is left", () => {
    const answer = (heading: RegExp): Record<string, unknown>[] => {
      const recipe = recipes.find((block) => heading.test(block.heading));
      return database.prepare(recipe?.text ?? "").all() as Record<string, unknown>[];
    };
    const failed = answer(/^What failed/).filter((row) => row["state"] === "failed");
    expect(failed.map((row) => row["task_id"])).toEqual(["movies", "series"]);
    expect(answer(/^Which objects did/)).toMatchObject([{ kind: "foreign" }]);
    expect(new Set(answer(/reconciled/).map((row) => row["holds"]))).toEqual(new Set(["yes"]));
    const left = answer(/^How much/).map((row) => Number(row["asked"]) - Number(row["decided"]));
    expect(Math.max(...left)).toBeGreaterThan(0);
    expect(answer(/^Which ids/).length).toBeGreaterThan(0);
  });

  it("finds what a schedule left: slots passed over, Dags that do not run, runs that wait, a backfill that is done", () => {
    const answer = (heading: RegExp): Record<string, unknown>[] => {
      const recipe = recipes.find((block) => heading.test(block.heading));
      return database.prepare(recipe?.text ?? "").all() as Record<string, unknown>[];
    };
    expect(answer(/^Why did this slot/).map((row) => row["dag_id"])).toContain("ticking");
    expect(answer(/^Which Dags/).map((row) => [row["dag_id"], row["why"]])).toEqual([
      ["edited", "broken"],
      ["faulty", "broken"],
      ["oscar_ingest", "paused"],
    ]);
    expect(answer(/^What is queued/).map((row) => row["dag_id"])).toContain("stuck");
    expect(answer(/^How far/)).toMatchObject([{ dag_id: "ticking", state: "done", runs: 3, succeeded: 3 }]);
  });

  it("names every view and every column of it, in their order, and nothing else", () => {
    const text = prose.join(" ").replaceAll(/ +/g, " ");
    const documented = [...text.matchAll(/- (`v_\w+`), a row is [^:]+: ((?:`\w+`(?:, )?)+)/g)].map(
      (match) => [match[1], match[2]],
    );
    const views = database
      .prepare("SELECT name FROM sqlite_master WHERE type = 'view' ORDER BY name")
      .pluck()
      .all() as string[];
    const actual = views.map((view) => {
      const names = database.prepare("SELECT name FROM pragma_table_info(?)").pluck().all(view) as string[];
      return [`\`${view}\``, names.map((name) => `\`${name}\``).join(", ")];
    });
    expect(documented.toSorted(([left = ""], [right = ""]) => left.localeCompare(right))).toEqual(actual);
  });
});
