/** Mutates SQL: for each mutant a run of the test files that have SQLite prepare the statement, the quickest first. */
import { spawn, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { drawSample, type Sample } from "../draw-sample.ts";
import { describeMutant, type MutantResult, type Verdict } from "../result.ts";
import { NOT_MUTATED_SQL, SQL_ROOM, WORK_FOLDER } from "../rooms.ts";
import { listSqlMutants, type SqlMutant } from "./list-sql-mutants.ts";

const CONFIG = "test/mutation/sql/vitest.config.ts";
/** On top of four times what the tests took without a mutant: the machine may be busy. */
const PATIENCE_MS = 60_000;

interface SqlRun {
  readonly root: string;
  /** `null` for all of the room. */
  readonly files: readonly string[] | null;
  readonly sample: Sample | null;
}

interface TestFile {
  readonly file: string;
  readonly durationMs: number;
  readonly statements: readonly string[];
}

export async function runSqlMutants({ root, files, sample }: SqlRun): Promise<readonly MutantResult[]> {
  const sources = files ?? listSources(root);
  const all = sources.flatMap((file) => listSqlMutants(file, readFileSync(join(root, file), "utf8")));
  const mutants = sample === null ? all : drawSample(all, sample, (mutant) => JSON.stringify(mutant));
  process.stdout.write(`${all.length} changes of SQL, ${mutants.length} of them to try\n`);
  const tests = noteStatements(root);
  const results: MutantResult[] = [];
  for (const mutant of mutants) {
    const verdict = await tryMutant(root, mutant, tests);
    results.push({ file: mutant.file, line: mutant.line, change: mutant.change, verdict });
    process.stdout.write(`${results.length} ${verdict}: ${describeMutant(mutant)}\n`);
  }
  return results;
}

function listSources(root: string): readonly string[] {
  return SQL_ROOM.paths
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((name) => folder + name),
    )
    .filter((file) => file.endsWith(".ts") && !NOT_MUTATED_SQL.some((folder) => file.startsWith(folder)))
    .toSorted();
}

/** Runs every test once without a mutant. */
function noteStatements(root: string): readonly TestFile[] {
  const { status } = spawnSync("npx", ["vitest", "run", "--config", CONFIG], { cwd: root, stdio: "inherit" });
  if (status !== 0) throw new Error("The tests fail without a mutant. Mend them first.");
  return JSON.parse(readFileSync(join(root, WORK_FOLDER, "statements.json"), "utf8")) as readonly TestFile[];
}

async function tryMutant(root: string, mutant: SqlMutant, tests: readonly TestFile[]): Promise<Verdict> {
  const covering = tests
    .filter(({ statements }) => statements.some((statement) => statement.includes(mutant.piece)))
    .toSorted((a, b) => a.durationMs - b.durationMs);
  if (covering.length === 0) return "not covered";
  const child = spawn(
    process.execPath,
    ["node_modules/vitest/vitest.mjs", "run", "--config", CONFIG, ...covering.map(({ file }) => file)],
    {
      cwd: root,
      env: { ...process.env, DAGMAR_TEST_SQL_MUTANT: JSON.stringify(mutant) },
      stdio: "ignore",
      // A group of its own: a statement that never ends is ended with the process that runs it.
      detached: true,
    },
  );
  const patienceMs = PATIENCE_MS + 4 * covering.reduce((sum, { durationMs }) => sum + durationMs, 0);
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  }, patienceMs);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  });
  clearTimeout(timer);
  if (isLate) return "timed out";
  return code === 0 ? "survived" : "noticed";
}
