/**
 * Every query of docs/reading-the-lake.md runs on a lake that the product wrote, and gives what the samples and a plain reading
 * of the objects say. `reading-elsewhere` looks at Spark and Athena.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { renameFilesAsBefore } from "../lake/old-names.ts";
import { makeTempFolder } from "../support/test-world.ts";
import {
  findPandas,
  listKeys,
  openReadableLake,
  runDuckDb,
  type ReadableLake,
  type Row,
} from "./lake-to-read.ts";
import { parseMarkdown } from "./markdown.ts";

const PAGE = fileURLToPath(new URL("../../docs/reading-the-lake.md", import.meta.url));
const { blocks } = parseMarkdown(readFileSync(PAGE, "utf8"));

let lake: ReadableLake;
beforeAll(async () => {
  lake = await openReadableLake();
}, 180_000);
afterAll(() => lake.close());

const onLake = (text: string, folder = lake.folder): string => text.replaceAll("data/lake", folder);

/** The blocks of a language by the names in their first lines. */
function nameBlocks(language: string, heading?: string): ReadonlyMap<string, string> {
  const chosen = blocks.filter(
    (block) => block.language === language && [undefined, block.heading].includes(heading),
  );
  return new Map(chosen.map(({ text }) => [/^(?:--|#) (.+)/.exec(text)?.[1] ?? text, text]));
}

const countGenres = (): readonly (readonly [string, number])[] => {
  const counts = new Map<string, number>();
  for (const { genres } of lake.titles.values())
    for (const genre of genres) counts.set(genre, (counts.get(genre) ?? 0) + 1);
  return [...counts];
};
const tell = (row: Row, ...names: readonly string[]): string => names.map((name) => row[name]).join(" ");
const sorted = (texts: readonly unknown[]): readonly string[] => texts.map(String).toSorted();

/** What each query must give; a query that is missing here fails. */
const EXPECTED: Readonly<Record<string, (rows: readonly Row[]) => void>> = {
  setup: () => undefined,
  titles: (rows) => {
    const { first, second } = lake.movies;
    expect(rows).toEqual([{ titles: String(new Set([...first, ...second]).size) }]);
  },
  genres: (rows) => {
    expect(sorted(rows.map((row) => tell(row, "genre", "titles")))).toEqual(
      sorted(countGenres().map(([genre, titles]) => `${genre} ${titles}`)),
    );
  },
  join: (rows) => {
    const wanted = lake.movies.second.map(
      (id) => `${id} ${lake.csvTitles.get(id)} ${lake.titles.get(id)?.voteAverage}`,
    );
    expect(sorted(rows.map((row) => tell(row, "id", "tituloPincipal", "nota_tmdb")))).toEqual(sorted(wanted));
  },
  "newest day": (rows) => {
    expect(rows).toEqual([{ day: "2026/11/24", records: String(lake.movies.second.length) }]);
  },
  "one day": (rows) => expect(sorted(rows.map((row) => row["imdb_id"]))).toEqual(sorted(lake.movies.first)),
  series: (rows) => expect(sorted(rows.map((row) => row["imdb_id"]))).toEqual(sorted(lake.series)),
  manifests: (rows) => {
    expect(
      rows.map((row) => tell(row, "dataset", "logical_date").slice(0, "tmdb_movies 2026-11-22".length)),
    ).toEqual(
      ["22", "23", "24"].flatMap((day) => [`tmdb_movies 2026-11-${day}`, `tmdb_series 2026-11-${day}`]),
    );
    expect(rows[0]).toMatchObject({ asked: "120", stored: String(lake.movies.first.length), failed: "0" });
  },
};

test("every query for DuckDB gives what is in the lake", () => {
  const queries = [...nameBlocks("sql")];
  expect(queries.map(([name]) => name)).toEqual(Object.keys(EXPECTED));
  const results = runDuckDb(queries.map(([, text]) => onLake(text)));
  for (const [index, [name]] of queries.entries()) EXPECTED[name]?.(results[index] ?? []);
});

test("every block for pandas gives what is in the lake", (context) => {
  const python = findPandas();
  if (python === undefined) return context.skip("pandas is not installed: apt-get install python3-pandas");
  const chosen = [...nameBlocks("python", "pandas")];
  const script = chosen.map(([name, text]) => `print("== ${name}")\n${onLake(text)}`).join("\n");
  const output = execFileSync(python, ["-c", script], { encoding: "utf8" });
  const said = new Map(output.split("== ").map((part) => [part.split("\n", 1)[0], part]));
  const { first, second } = lake.movies;
  const rows: Readonly<Record<string, number>> = {
    join: second.length,
    "newest day": second.length,
    "one day": first.length,
    series: lake.series.length,
  };
  expect(chosen.map(([name]) => name)).toEqual(["setup", "titles", "genres", ...Object.keys(rows)]);
  expect(said.get("titles")).toContain(`\n${new Set([...first, ...second]).size}\n`);
  for (const [genre, titles] of countGenres())
    expect(said.get("genres")).toMatch(new RegExp(`^${genre} +${titles}$`, "m"));
  for (const [name, count] of Object.entries(rows)) expect(said.get(name)).toContain(`[${count} rows x `);
});

test("the shell's lines count records and days", (context) => {
  if (spawnSync("jq", ["--version"]).status !== 0) return context.skip("jq is not installed");
  const [text] = nameBlocks("sh").values();
  const lines = execFileSync("bash", ["-c", onLake(text ?? "")], { encoding: "utf8" })
    .trim()
    .split("\n");
  expect(Number(lines[0])).toBe(lake.movies.first.length + 2 * lake.movies.second.length);
  expect(lines.slice(1)).toHaveLength(3);
});

const FIND_WITH: Readonly<Record<string, (root: string) => readonly string[]>> = {
  "DuckDB's **/*.json": (root) =>
    (runDuckDb([`FROM glob('${root}/**/*.json')`])[0] ?? []).map(({ file }) => String(file)),
  "the shell's **/*.json": (root) =>
    run("bash", ["-c", `shopt -s globstar; printf '%s\\n' ${root}/**/*.json`]),
  "find -name '*.json'": (root) => run("find", [root, "-name", "*.json"]),
  "Python's glob": (root) =>
    run("python3", ["-c", `import glob; print(*glob.glob("${root}/**/*.json", recursive=True), sep="\\n")`]),
  "Python's pathlib": (root) =>
    run("python3", ["-c", `import pathlib; print(*pathlib.Path("${root}").rglob("*.json"), sep="\\n")`]),
};

function run(program: string, args: readonly string[]): readonly string[] {
  return execFileSync(program, args, { encoding: "utf8" }).trim().split("\n");
}

test.each(Object.keys(FIND_WITH))("%s finds the objects of records and nothing else", (name) => {
  const found = FIND_WITH[name]?.(lake.folder) ?? [];
  expect(sorted(found.map((file) => file.slice(lake.folder.length + 1)))).toEqual(lake.recordObjects);
});

test("every file is an object, or has a name that begins with a dot and ends in .lake", () => {
  const others = listKeys(lake.folder, "Raw").filter((key) => !/\/\.(meta|manifest)-[^/]*\.lake$/.test(key));
  expect(others.filter((key) => key.endsWith(".json"))).toEqual(lake.recordObjects);
  expect(others.filter((key) => !key.endsWith(".json") && !/\/(movies|series)\.csv$/.test(key))).toEqual([]);
});

test("in a lake of before 0.2, the patterns that the page gives leave out the old manifests", () => {
  const folder = join(makeTempFolder(), "lake");
  cpSync(lake.folder, folder, { recursive: true });
  renameFilesAsBefore(join(folder, "Raw"));
  const find = (pattern: string): number =>
    (runDuckDb([`FROM glob('${folder}/Raw/TMDB/**/${pattern}')`])[0] ?? []).length;
  expect(find("*.json")).toBeGreaterThan(lake.recordObjects.length);
  expect(find("movies-*.json") + find("series-*.json")).toBe(lake.recordObjects.length);
});
