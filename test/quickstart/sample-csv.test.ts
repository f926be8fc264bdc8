/** The sample CSVs: exact figures, the real files' form, the same bytes for the same seed. */
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { addTitles } from "../../quickstart/samples/add-titles.ts";
import {
  generateMoviesCsv,
  generateSeriesCsv,
  REAL_MOVIES,
  type SampleOptions,
} from "../../quickstart/samples/sample-csv.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dagmar-samples-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** The real movies.csv, a fiftieth of it. */
const SCALED = { rows: 20_903, titles: 4_891, animationOrComedySince2001: 740 } as const;

function describeSample(name: string, more: Partial<SampleOptions> = {}): SampleOptions {
  return { path: join(folder, name), seed: 7, ...SCALED, ...more };
}

async function readRows(path: string): Promise<{ header: string[]; rows: string[][]; text: string }> {
  const text = await readFile(path, "utf8");
  const lines = text.split("\n");
  expect(lines.pop()).toBe("");
  const [header = [], ...rows] = lines.map((line) => line.split("|"));
  return { header, rows, text };
}

/** What the shipped Dags ask for, computed without the generator. */
function findMatching(rows: string[][], genreColumn: number): string[] {
  const matching = rows.filter((row) => {
    const genres = (row[genreColumn] ?? "").split(",");
    return (genres.includes("Animation") || genres.includes("Comedy")) && Number(row[3]) >= 2001;
  });
  return [...new Set(matching.map((row) => row[0] ?? ""))];
}

test("movies.csv has exactly the rows, titles and matching titles that were asked for", async () => {
  const figures = await generateMoviesCsv(describeSample("movies.csv"));
  const { header, rows } = await readRows(join(folder, "movies.csv"));
  expect(header.join("|")).toBe(
    "id|tituloPincipal|tituloOriginal|anoLancamento|tempoMinutos|genero|notaMedia|numeroVotos|generoArtista|" +
      "personagem|nomeArtista|anoNascimento|anoFalecimento|profissao|titulosMaisConhecidos",
  );
  expect(rows).toHaveLength(SCALED.rows);
  expect(rows.filter((row) => row.length !== 15)).toEqual([]);
  expect(new Set(rows.map((row) => row[0])).size).toBe(SCALED.titles);
  expect(findMatching(rows, 5)).toEqual(figures.matchingIds);
  expect(figures.matchingIds).toHaveLength(SCALED.animationOrComedySince2001);
  expect(figures).toMatchObject({ rows: SCALED.rows, titles: SCALED.titles, faultyRows: 0 });
});

test("a title's rows are adjacent, at most ten, and titles are sorted by id as text, of 7 and of 8 digits", async () => {
  await generateMoviesCsv(describeSample("movies.csv"));
  const { rows } = await readRows(join(folder, "movies.csv"));
  const ids = rows.map((row) => row[0] ?? "");
  const blocks = ids.filter((id, index) => id !== ids[index - 1]);
  expect(blocks).toEqual([...new Set(blocks)].toSorted());
  const lengths = new Map<string, number>();
  for (const id of ids) lengths.set(id, (lengths.get(id) ?? 0) + 1);
  expect(Math.min(...lengths.values())).toBe(1);
  expect(Math.max(...lengths.values())).toBe(10);
  expect(new Set(blocks.map((id) => id.length))).toEqual(new Set([9, 10]));
});

test("movies.csv has the dirt of the real file", async () => {
  await generateMoviesCsv(describeSample("movies.csv"));
  const { rows, text } = await readRows(join(folder, "movies.csv"));
  const column = (index: number): string[] => rows.map((row) => row[index] ?? "");
  expect(column(13)).toContain("");
  for (const index of [3, 4, 5, 9, 11, 12, 14]) expect(column(index)).toContain("\\N");
  expect(column(1).some((title) => /^"[^"]*$/.test(title))).toBe(true);
  expect(column(1).some((title) => /: ".+"$/.test(title))).toBe(true);
  expect(column(9).some((role) => role.includes("\\"))).toBe(true);
  expect(text).not.toContain("\r");
  const genres = new Set(column(5).flatMap((genre) => genre.split(",")));
  expect(genres).toContain("Music");
  expect(genres).toContain("Musical");
  const titles = new Map(rows.map((row) => [row[0], row[1]]));
  expect(new Set(titles.values()).size).toBeLessThan(titles.size);
  const decoys = rows.filter(
    (row) => /Comedy|Animation/.test(row[1] ?? "") && !/Comedy|Animation/.test(row[5] ?? ""),
  );
  expect(decoys.length).toBeGreaterThan(0);
});

test("series.csv has anoTermino after anoLancamento and shares no id with movies.csv", async () => {
  const movies = await generateMoviesCsv(describeSample("movies.csv"));
  const size = { rows: 7_150, titles: 1_000, animationOrComedySince2001: 250 };
  const figures = await generateSeriesCsv(describeSample("series.csv", size));
  const { header, rows } = await readRows(join(folder, "series.csv"));
  expect(header.slice(3, 6)).toEqual(["anoLancamento", "anoTermino", "tempoMinutos"]);
  expect(rows).toHaveLength(size.rows);
  expect(rows.every((row) => row.length === 16)).toBe(true);
  expect(findMatching(rows, 6)).toEqual(figures.matchingIds);
  expect(figures.matchingIds).toHaveLength(250);
  const ids = new Set(movies.matchingIds);
  expect(figures.matchingIds.filter((id) => ids.has(id))).toEqual([]);
});

test("the same seed gives the same bytes and another seed gives others", async () => {
  const hash = async (name: string): Promise<string> =>
    createHash("sha256")
      .update(await readFile(join(folder, name)))
      .digest("hex");
  await generateMoviesCsv(describeSample("a.csv"));
  await generateMoviesCsv(describeSample("b.csv"));
  await generateMoviesCsv(describeSample("c.csv", { seed: 8 }));
  expect(await hash("b.csv")).toBe(await hash("a.csv"));
  expect(await hash("c.csv")).not.toBe(await hash("a.csv"));
});

test("faulty rows come on top, in the requested numbers, and the number of valid rows stays the same", async () => {
  const faulty = { wrongColumnCount: 12, badIds: 9, overlongLines: 2, overlongSizeBytes: 50_000 };
  const figures = await generateMoviesCsv(describeSample("movies.csv", { faulty }));
  const { rows } = await readRows(join(folder, "movies.csv"));
  const wide = rows.filter((row) => row.join("|").length >= 50_000);
  const wrong = rows.filter((row) => row.length !== 15);
  const bad = rows.filter((row) => row.length === 15 && !/^tt\d{7,10}$/.test(row[0] ?? ""));
  expect([wide.length, wrong.length, bad.length]).toEqual([2, 12, 9]);
  expect(figures.faultyRows).toBe(23);
  expect(rows).toHaveLength(SCALED.rows + 23);
});

test("figures that cannot be met are refused and leave no file", async () => {
  await expect(generateMoviesCsv(describeSample("movies.csv", { rows: 4_000 }))).rejects.toThrow(RangeError);
  await expect(generateMoviesCsv(describeSample("movies.csv", { rows: 60_000 }))).rejects.toThrow(RangeError);
  const impossible = { animationOrComedySince2001: 5_000 };
  await expect(generateMoviesCsv(describeSample("movies.csv", impossible))).rejects.toThrow(RangeError);
  expect(await readdir(folder)).toEqual([]);
});

test("every number of rows that fits the titles is met exactly", async () => {
  for (const rows of [50, 51, 99, 213, 350, 499, 500]) {
    await generateMoviesCsv({ ...describeSample("m.csv"), rows, titles: 50, animationOrComedySince2001: 50 });
    const read = await readRows(join(folder, "m.csv"));
    expect(read.rows).toHaveLength(rows);
    expect(findMatching(read.rows, 5)).toHaveLength(50);
  }
});

test("new titles are added at their sorted places and every old line keeps its bytes", async () => {
  const before = await generateMoviesCsv(describeSample("movies.csv"));
  const old = await readRows(join(folder, "movies.csv"));
  const added = await addTitles({ path: join(folder, "movies.csv"), kind: "movies", seed: 1, titles: 10 });
  const { header, rows } = await readRows(join(folder, "movies.csv"));
  expect(header).toEqual(old.header);
  expect(added.ids).toHaveLength(10);
  expect(rows).toHaveLength(SCALED.rows + added.rows);
  const isNew = new Set(added.ids);
  expect(rows.filter((row) => !isNew.has(row[0] ?? ""))).toEqual(old.rows);
  const ids = rows.map((row) => row[0] ?? "");
  expect(ids).toEqual(ids.toSorted());
  expect(findMatching(rows, 5)).toEqual([...before.matchingIds, ...added.ids].toSorted());
});

test("titles can be added that do not match, and again with another seed", async () => {
  const path = join(folder, "series.csv");
  const size = { rows: 700, titles: 100, animationOrComedySince2001: 20 };
  await generateSeriesCsv({ path, seed: 1, ...size });
  const first = await addTitles({ path, kind: "series", seed: 1, titles: 5, matching: 2 });
  const second = await addTitles({ path, kind: "series", seed: 2, titles: 3 });
  expect(first.matchingIds).toHaveLength(2);
  const { rows } = await readRows(path);
  expect(findMatching(rows, 6)).toHaveLength(25);
  expect(new Set([...first.ids, ...second.ids]).size).toBe(8);
});

test("the real movies.csv's figures are the ones that the issue names", () => {
  expect(REAL_MOVIES).toEqual({ rows: 1_045_161, titles: 244_543, animationOrComedySince2001: 37_006 });
});
