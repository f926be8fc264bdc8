/**
 * The task type on a real lake and database, with the compiled scanning thread; the scan's own rules are tested in
 * csv-to-ids/.
 */
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { TaskFailure } from "../../model/errors.ts";
import type { Progress, RunFacts } from "../../model/ports/task-type.ts";
import { sql } from "../../state/sqlite/statement.ts";
import { createCsvToIds } from "../../tasks/csv-to-ids/index.ts";
import { createFileToLake } from "../../tasks/file-to-lake/index.ts";
import { generateMoviesCsv } from "../../quickstart/samples/sample-csv.ts";
import { runTask } from "../support/task-context.ts";
import { openTestWorld, type TestWorld } from "../support/test-world.ts";

const WRITTEN = {
  source: { dataset: "movies" },
  id: "id",
  where: { genero: { any_of: ["Animation", "Comedy"] }, anoLancamento: { at_least: 2001 } },
};
const HEADER = "id|tituloPincipal|anoLancamento|genero\n";
const CSV =
  HEADER +
  "tt0000009|Nine|2001|Comedy\n" +
  "tt0000001|One|1999|Comedy\n" +
  'tt0000002|Two "quoted|2010|Drama,Animation\n' +
  "tt0000009|Nine|2001|Comedy\n" +
  "tt0000003|Three|2010|Musical\n" +
  "tt0000004|Four|\\N|Comedy\n";

interface CsvWorld extends TestWorld {
  /** Stores the content as the dataset's newest object, in a run of that day; gives the object's path. */
  readonly store: (content: string, day: string) => Promise<string>;
  readonly find: (
    run: RunFacts,
    written?: object,
    onProgress?: (progress: Progress) => void,
  ) => ReturnType<typeof runTask>;
  readonly listIds: (candidateSet: unknown) => readonly string[];
}

async function openCsvWorld(): Promise<CsvWorld> {
  const world = await openTestWorld();
  const input = join(world.folder, "input");
  mkdirSync(input);
  return {
    ...world,
    store: async (content, day) => {
      writeFileSync(join(input, "movies.csv"), content);
      const written = {
        dataset: "movies",
        file: "movies.csv",
        key: "Raw/CSV/${partition}/movies.csv",
        stable_for: "0s",
      };
      const run = await world.makeRunFacts(`${day}T06:00:00Z`);
      const output = await runTask(createFileToLake(input), world, { run, written });
      rmSync(join(input, "movies.csv"));
      return join(world.folder, "lake", output["key"] as string);
    },
    find: (run, written = {}, onProgress = () => undefined) =>
      runTask(createCsvToIds(), world, { run, written: { ...WRITTEN, ...written }, onProgress }),
    listIds: (candidateSet) =>
      world.database
        .all<{ asked_id: string }>(
          sql`SELECT asked_id FROM candidate_ids WHERE candidate_set_id = ${candidateSet} ORDER BY position`,
        )
        .map((row) => row.asked_id),
  };
}

async function failure(promise: Promise<unknown>): Promise<TaskFailure> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof TaskFailure)) throw new Error("it did not fail", { cause: error });
  return error;
}

describe("the ids of a CSV", () => {
  test("are those that meet the conditions, each once, in the file's order, read from the lake alone", async () => {
    const world = await openCsvWorld();
    await world.store(CSV, "2026-11-23");
    expect(readdirSync(join(world.folder, "input"))).toEqual([]);
    const output = await world.find(await world.makeRunFacts("2026-11-23T09:00:00Z"));
    expect(output).toMatchObject({
      ids: 2,
      rows: 6,
      matched_rows: 3,
      faulty_rows: 0,
      was_known: false,
      key: "Raw/CSV/2026/11/23/movies.csv",
    });
    expect(world.listIds(output["candidate_set"])).toEqual(["tt0000009", "tt0000002"]);
  });

  test("of a file of many blocks are the sample's, and the rows and bytes are shown on the way", async () => {
    const world = await openCsvWorld();
    const path = join(world.folder, "sample.csv");
    const figures = await generateMoviesCsv({
      path,
      seed: 5,
      rows: 30_000,
      titles: 7000,
      animationOrComedySince2001: 900,
      faulty: { wrongColumnCount: 7, badIds: 4 },
    });
    const content = readFileSync(path, "utf8");
    await world.store(content, "2026-11-23");
    const steps: Progress[] = [];
    const output = await world.find(await world.makeRunFacts("2026-11-23T09:00:00Z"), {}, (step) =>
      steps.push(step),
    );
    expect(output).toMatchObject({ ids: 900, rows: 30_011, faulty_rows: 11 });
    expect(world.listIds(output["candidate_set"])).toEqual(figures.matchingIds);
    expect(steps.at(-1)).toMatchObject({
      unit: "bytes",
      done: Buffer.byteLength(content),
      total: Buffer.byteLength(content),
    });
    expect(steps.at(-1)?.note).toMatch(/\d+ rows/);
    expect(steps.length).toBeGreaterThan(3);
  });
});

describe("a CSV that was read before", () => {
  test("is not read again by the next day's run, though its object is gone from the lake", async () => {
    const world = await openCsvWorld();
    const object = await world.store(CSV, "2026-11-23");
    const first = await world.find(await world.makeRunFacts("2026-11-23T09:00:00Z"));
    rmSync(object);
    const second = await world.find(await world.makeRunFacts("2026-11-24T09:00:00Z"));
    expect(second).toEqual({ ...first, was_known: true, input_source: "newest" });
  });

  test("is read again for other conditions, and not for the same ones in another order", async () => {
    const world = await openCsvWorld();
    await world.store(CSV, "2026-11-23");
    const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
    const first = await world.find(run);
    const { genero, anoLancamento } = WRITTEN.where;
    expect(await world.find(run, { where: { anoLancamento, genero } })).toMatchObject({
      was_known: true,
      candidate_set: first["candidate_set"],
    });
    const other = await world.find(run, { where: { genero } });
    expect(other["was_known"]).toBe(false);
    expect(world.listIds(other["candidate_set"])).toEqual([
      "tt0000009",
      "tt0000001",
      "tt0000002",
      "tt0000004",
    ]);
  });

  test("that has changed is read, by runs that are made after the change", async () => {
    const world = await openCsvWorld();
    await world.store(CSV, "2026-11-23");
    const early = await world.makeRunFacts("2026-11-23T09:00:00Z");
    const first = await world.find(early);
    await world.store(`${CSV}tt0000077|New|2026|Comedy\n`, "2026-11-24");
    expect(await world.find(early)).toEqual({ ...first, was_known: true });
    const late = await world.find(await world.makeRunFacts("2026-11-24T09:00:00Z"));
    expect(world.listIds(late["candidate_set"])).toEqual(["tt0000009", "tt0000002", "tt0000077"]);
  });
});

describe("faulty rows", () => {
  const DIRTY = `${CSV}tt0000005|too|few\ntt12|Bad id|2010|Comedy\nnm0000001|A person|2010|Comedy\n`;

  test("are counted and do not stop the run where the Dag sets no threshold", async () => {
    const world = await openCsvWorld();
    await world.store(DIRTY, "2026-11-23");
    const output = await world.find(await world.makeRunFacts("2026-11-23T09:00:00Z"));
    expect(output).toMatchObject({ ids: 2, faulty_rows: 3 });
  });

  test("as many as the threshold are permitted", async () => {
    const world = await openCsvWorld();
    await world.store(DIRTY, "2026-11-23");
    const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
    expect(await world.find(run, { max_faulty_rows: 3 })).toMatchObject({ ids: 2 });
  });

  test("more than the threshold fail the task for good, by kind, at every attempt", async () => {
    const world = await openCsvWorld();
    await world.store(DIRTY, "2026-11-23");
    const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const error = await failure(world.find(run, { max_faulty_rows: 2 }));
      expect(error.code).toBe("CSV_TOO_DIRTY");
      expect(error.retryable).toBe(false);
      expect(error.message).toContain("3 faulty rows");
      expect(error.message).toContain("1 wrong_columns");
      expect(error.message).toContain("2 bad_id");
    }
  });
});

describe("what cannot be read", () => {
  test("a column that is not there is an error that lists those there are, and nothing is kept", async () => {
    const world = await openCsvWorld();
    await world.store(CSV, "2026-11-23");
    const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
    for (const written of [{ id: "tconst" }, { where: { gender: { equals: "x" } } }]) {
      const error = await failure(world.find(run, written));
      expect(error.code).toBe("CSV_COLUMN_MISSING");
      expect(error.retryable).toBe(false);
      expect(error.message).toContain("id, tituloPincipal, anoLancamento, genero");
    }
    expect(world.database.all(sql`SELECT * FROM candidate_sets`)).toEqual([]);
  });

  test("a dataset without an object fails, to be tried again, and says how to find the Dag that stores it", async () => {
    const world = await openCsvWorld();
    const error = await failure(world.find(await world.makeRunFacts("2026-11-23T09:00:00Z")));
    expect(error.code).toBe("DATASET_EMPTY");
    expect(error.retryable).toBe(true);
    expect(error.message).toContain("movies");
    expect(error.hint).toBe("Run the Dag that stores it first; `dagmar dags list` shows the Dags.");
    await world.store(CSV, "2026-11-23");
    await world.database.write((query) => query.run(sql`UPDATE objects SET is_committed = 0`));
    const gone = await failure(world.find(await world.makeRunFacts("2026-11-24T09:00:00Z")));
    expect(gone.hint).toMatch(/^Run the Dag that stores it first: `dagmar run \w+`\.$/);
  });

  test("an empty file says that it has no header", async () => {
    const world = await openCsvWorld();
    await world.store("", "2026-11-23");
    const error = await failure(world.find(await world.makeRunFacts("2026-11-23T09:00:00Z")));
    expect(error.code).toBe("CSV_EMPTY");
  });

  test("an object that is not what was stored gives no ids", async () => {
    const world = await openCsvWorld();
    const object = await world.store(CSV, "2026-11-23");
    appendFileSync(object, "tt0000666|Forged|2020|Comedy\n");
    const error = await failure(world.find(await world.makeRunFacts("2026-11-23T09:00:00Z")));
    expect(error.code).toBe("LAKE_CORRUPT");
    expect(error.hint).toMatch(/`dagmar run test_dag --date 2026-11-23T06:00:00.000Z --rerun`/);
    expect(world.database.all(sql`SELECT * FROM candidate_sets`)).toEqual([]);
  });

  test("an object that is gone from the lake fails", async () => {
    const world = await openCsvWorld();
    rmSync(await world.store(CSV, "2026-11-23"));
    const error = await failure(world.find(await world.makeRunFacts("2026-11-23T09:00:00Z")));
    expect(error.code).toBe("LAKE_CORRUPT");
  });
});

test("a run that is stopped while it reads keeps nothing", async () => {
  const world = await openCsvWorld();
  await world.store(HEADER + "tt0000009|Nine|2001|Comedy\n".repeat(200_000), "2026-11-23");
  const stop = new AbortController();
  const running = runTask(createCsvToIds(), world, {
    run: await world.makeRunFacts("2026-11-23T09:00:00Z"),
    written: WRITTEN,
    signal: stop.signal,
    onProgress: () => {
      stop.abort();
    },
  });
  await expect(running).rejects.toMatchObject({ name: "AbortError" });
  expect(world.database.all(sql`SELECT * FROM candidate_sets`)).toEqual([]);
});

describe("what a person must know is reported by every run that reads the content", () => {
  const listWarned = (world: CsvWorld): readonly unknown[] =>
    world.database.all(sql`SELECT kind, message FROM v_events WHERE level = 'warn' ORDER BY at, kind`);

  test("no id at all, with the values that are seen most in each column", async () => {
    const world = await openCsvWorld();
    await world.store(CSV, "2026-11-21");
    const where = { genero: { any_of: ["Comedia"] } };
    for (const day of ["2026-11-21", "2026-11-22"]) {
      const run = await world.makeRunFacts(`${day}T09:00:00Z`);
      expect(await world.find(run, { where })).toMatchObject({ ids: 0, rows: 6 });
    }
    const warned = listWarned(world) as readonly { kind: string; message: string }[];
    expect(warned.map(({ kind }) => kind)).toEqual(["csv_without_ids", "csv_without_ids"]);
    for (const { message } of warned) {
      expect(message).toContain('0 ids in 6 rows. Seen most in genero: "Comedy" (4), "Drama" (1)');
    }
  });

  test("cells that are not UTF-8", async () => {
    const world = await openCsvWorld();
    await world.store(CSV, "2026-11-21");
    const path = join(world.folder, "lake");
    expect(path).toBeTruthy();
    const latin = Buffer.from(`${HEADER}tt0000001|Ó|2010|Ficção\ntt0000002|b|2010|Comedy\n`, "latin1");
    await world.store(latin as unknown as string, "2026-11-22");
    for (const day of ["2026-11-22", "2026-11-23"]) {
      const run = await world.makeRunFacts(`${day}T09:00:00Z`);
      expect(await world.find(run)).toMatchObject({ ids: 1, not_utf8_cells: 2 });
    }
    const warned = listWarned(world) as readonly { kind: string; message: string }[];
    expect(warned.map(({ kind }) => kind)).toEqual(["csv_not_utf8", "csv_not_utf8"]);
    expect(warned[0]?.message).toContain(
      "2 cells are not UTF-8, in 1 row (tituloPincipal 1, genero 1; first in line 2)",
    );
  });
});

describe("a database that is new or older than the lake", () => {
  const PREFIXES = { movies: ["Raw/CSV/"] };
  const LATER_CSV = `${HEADER}tt0000005|Five|2012|Comedy\n`;

  async function openNew({ folder, clock }: TestWorld): Promise<TestWorld> {
    return openTestWorld({ folder, clock, databaseFile: join(folder, "new.db"), prefixes: PREFIXES });
  }

  test("learns the dataset from the lake, and reads the object of its run's day, else the newest", async () => {
    const first = await openCsvWorld();
    await first.store(CSV, "2026-11-23");
    await first.store(LATER_CSV, "2026-11-24");
    const world = await openNew(first);
    const find = async (day: string) =>
      runTask(createCsvToIds(), world, {
        run: await world.makeRunFacts(`${day}T06:00:00Z`),
        written: WRITTEN,
      });
    expect(await find("2026-11-23")).toMatchObject({
      key: "Raw/CSV/2026/11/23/movies.csv",
      input_source: "same_day",
      ids: 2,
    });
    expect(await find("2026-11-24")).toMatchObject({
      key: "Raw/CSV/2026/11/24/movies.csv",
      input_source: "same_day",
      ids: 1,
    });
    expect(await find("2026-11-25")).toMatchObject({
      key: "Raw/CSV/2026/11/24/movies.csv",
      input_source: "newest",
    });
  });

  test("reads what was stored since its copy was made", async () => {
    const first = await openCsvWorld();
    await first.store(CSV, "2026-11-23");
    const world = await openNew(first);
    const read = async (day: string) =>
      runTask(createCsvToIds(), world, {
        run: await world.makeRunFacts(`${day}T06:00:00Z`),
        written: WRITTEN,
      });
    await read("2026-11-23");
    await first.store(LATER_CSV, "2026-11-24");
    expect(await read("2026-11-25")).toMatchObject({ key: "Raw/CSV/2026/11/24/movies.csv" });
  });

  test("a dataset that no Dag writes is not looked for", async () => {
    const first = await openCsvWorld();
    await first.store(CSV, "2026-11-23");
    const world = await openTestWorld({ folder: first.folder, databaseFile: join(first.folder, "new.db") });
    const run = await world.makeRunFacts("2026-11-23T06:00:00Z");
    expect((await failure(runTask(createCsvToIds(), world, { run, written: WRITTEN }))).code).toBe(
      "DATASET_EMPTY",
    );
  });
});
