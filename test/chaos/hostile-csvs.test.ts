/** CSVs that are meant to harm: their bytes arrive unchanged, and an id is tt and digits or invalid. */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { expect, test } from "vitest";
import { measureProcess } from "../../bench/measure-process.ts";
import { HEADERS } from "../../quickstart/samples/title-rows.ts";
import { ageFile } from "../support/cli.ts";
import { BAIT, judgeEnd, useHostileWorld, type HostileWorld } from "./hostile/hostile-world.ts";
import { isLong, describeFigures } from "./load/lane.ts";

const HEAD = HEADERS.movies;
const COLUMNS = HEAD.split("|").length;

/** A row with that id; every other column holds `filler`. */
function row(id: string, filler = "x"): string {
  return HEAD.split("|")
    .map((column) => (column === "id" ? id : filler))
    .join("|");
}

interface Hostile {
  readonly body: string | Buffer;
  /** Its ids; `undefined` if it cannot be read. */
  readonly ids?: readonly string[];
}

const lines = (...rows: readonly string[]): string => `${rows.join("\n")}\n`;
const file = (ids: readonly string[], ...rows: readonly string[]): Hostile => ({
  body: lines(HEAD, ...rows),
  ids,
});

const FILES: Readonly<Record<string, Hostile>> = {
  nothing: { body: "" },
  header_alone: { body: HEAD, ids: [] },
  line_feeds: { body: "\n".repeat(10_000) },
  nuls: { body: Buffer.alloc(100_000) },
  nul_in_a_cell: file(["tt1000001"], row("tt1000001", "a\u0000b")),
  nul_in_an_id: file([], row("tt1000001\u0000")),
  escapes: file(["tt1000001"], row("tt1000001", "\u001b]0;owned\u0007\u001b[2J"), row("\u001b[2Jtt1000002")),
  invalid_utf8: {
    body: Buffer.concat([
      Buffer.from(`${HEAD}\n`),
      Buffer.from(`${row("tt1000001", "caf\u00e9")}\n`, "latin1"),
    ]),
    ids: ["tt1000001"],
  },
  utf16: { body: Buffer.from(`\ufeff${lines(HEAD, row("tt1000001"))}`, "utf16le") },
  byte_order_mark: { body: `\ufeff${lines(HEAD, row("tt1000001"))}`, ids: ["tt1000001"] },
  carriage_returns: { body: lines(HEAD, row("tt1000001")).replaceAll("\n", "\r\n"), ids: ["tt1000001"] },
  no_last_line_feed: { body: `${HEAD}\n${row("tt1000001")}`, ids: ["tt1000001"] },
  traversal: file([], row(`../../../${BAIT}`), row(`tt1000001/../../${BAIT}`), row(`/etc/${BAIT}`)),
  urls: file([], row("https://example.org/tt1000001"), row("//example.org/tt1000001"), row("tt1000001?x=1")),
  queries: file([], row("tt1000001#x"), row("tt1000001%2f.."), row("tt1000001&append=x"), row("tt1000001 ")),
  proto: file([], row("__proto__"), row("constructor"), row("toString")),
  odd_digits: file(
    [],
    row("tt\uff11\uff12\uff13\uff14\uff15\uff16\uff17"),
    row("tt\u0661\u0662\u0663\u0664\u0665\u0666\u0667"),
    row("TT1000001"),
  ),
  invisible: file([], row("tt\u200b1000001"), row("\u202ett1000001"), row("tt1000001\ufeff")),
  combining: file([], row("tt1000001\u0301"), row("t\u0301t1000001")),
  too_long: file([], row(`tt${"1".repeat(11)}`), row(`tt${"9".repeat(100_000)}`)),
  too_short: file([], row("tt"), row("tt123456"), row("")),
  formulas: file(["tt1000001"], row("tt1000001", "=cmd|' /C calc'!A0".replaceAll("|", "/")), row("=1+1")),
  quotes: file(
    ["tt1000001", "tt1000002"],
    row("tt1000001", '"'),
    row("tt1000002", '"a""'),
    row('"tt1000003"'),
  ),
  too_many_columns: file(["tt1000001"], row("tt1000001"), `${row("tt1000002")}${"|x".repeat(200_000)}`),
  delimiters: file([], "|".repeat(500_000), "|".repeat(COLUMNS - 1)),
  twice: file(["tt1000001"], ...Array.from({ length: 1_000 }, () => row("tt1000001"))),
  header_twice: { body: lines(HEAD.replace("|", "|id|"), row("tt1000001")) },
  header_proto: {
    body: lines(`${HEAD}|__proto__|constructor`, `${row("tt1000001")}|a|b`),
    ids: ["tt1000001"],
  },
  no_id_column: { body: lines(HEAD.replace("id", "nr"), row("tt1000001")) },
  a_zip: { body: Buffer.concat([Buffer.from("PK\u0003\u0004"), Buffer.alloc(1_000)]) },
};

const names = Object.keys(FILES);

function writeDags(world: HostileWorld, all: readonly string[]): void {
  const write = (dagId: string, tasks: readonly string[]): void =>
    writeFileSync(
      join(world.dagsFolder, `${dagId}.yaml`),
      `dag: ${dagId}\nschedule: manual\ntasks:\n${tasks.join("\n")}\n`,
    );
  write(
    "store",
    all.map(
      (name) =>
        `  ${name}: { type: file-to-lake, with: { dataset: ${name}, file: ${name}.csv, key: "Raw/${name}.csv" } }`,
    ),
  );
  write(
    "read",
    all.map((name) => `  ${name}: { type: csv-to-ids, with: { source: { dataset: ${name} }, id: id } }`),
  );
}

test("each is stored byte for byte or refused, and gives the ids that it holds and no others", async () => {
  const world = useHostileWorld({ DAGMAR_TIMEZONE: "UTC" });
  writeDags(world, names);
  for (const [name, { body }] of Object.entries(FILES)) {
    const path = join(world.inputFolder, `${name}.csv`);
    writeFileSync(path, body);
    ageFile(path);
  }
  const stored = await world.run(["run", "store", "--date", "2026-11-23"]);
  expect(world.judge(stored)).toEqual([]);
  const kept = names.filter((name) => name !== "a_zip");
  for (const name of kept) {
    const object = readFileSync(join(world.lakeFolder, `Raw/${name}.csv`));
    expect(object.equals(Buffer.from(FILES[name]?.body ?? "")), name).toBe(true);
  }
  expect(stored.stdout).toMatch(/^a_zip: failed/m);

  const read = await world.run(["run", "read", "--date", "2026-11-23"]);
  expect(world.judge(read)).toEqual([]);
  const found = world.query<{ dataset: string; ids: string }>(
    `SELECT t.task_id AS dataset, (SELECT json_group_array(asked_id) FROM candidate_ids c
        WHERE c.candidate_set_id = json_extract(o.value, '$')) AS ids
      FROM task_instances t JOIN task_outputs o USING (task_instance_id) JOIN dag_runs r USING (dag_run_id)
      WHERE r.dag_id = 'read' AND t.state = 'success' AND o.name = 'candidate_set'`,
  );
  expect(
    Object.fromEntries(found.map(({ dataset, ids }) => [dataset, (JSON.parse(ids) as string[]).toSorted()])),
  ).toEqual(
    Object.fromEntries(
      Object.entries(FILES).flatMap(([name, { ids }]) => (ids === undefined ? [] : [[name, ids]])),
    ),
  );
  expect(judgeEnd(await world.run(["runs", "show", "read"]))).toEqual([]);
  expect(judgeEnd(await world.run(["tasks", "logs", "read", "escapes"]))).toEqual([]);
}, 90_000);

const LINE_BYTES = isLong ? 1_000_000_000 : 64_000_000;

test(
  `a line of ${LINE_BYTES / 1_000_000} MB is stored, skipped as too long, and never held`,
  async () => {
    const world = useHostileWorld({ DAGMAR_TIMEZONE: "UTC" });
    writeDags(world, ["long_line"]);
    const path = join(world.inputFolder, "long_line.csv");
    await pipeline(async function* () {
      yield `${HEAD}\n${row("tt1000001")}\n`;
      const piece = Buffer.alloc(1_000_000, "tt1000002|");
      for (let bytes = 0; bytes < LINE_BYTES; bytes += piece.length) yield piece;
      yield `\n${row("tt1000003")}\n`;
    }, createWriteStream(path));
    ageFile(path);
    const measure = (dagId: string) =>
      measureProcess(process.execPath, [world.cliPath, "run", dagId, "--date", "2026-11-23"], {
        environment: world.environment,
        folder: world.folder,
      });
    const stored = await measure("store");
    const read = await measure("read");
    expect(await hashFile(join(world.lakeFolder, "Raw/long_line.csv"))).toBe(await hashFile(path));
    expect(world.query("SELECT asked_id FROM candidate_ids ORDER BY 1")).toEqual([
      { asked_id: "tt1000001" },
      { asked_id: "tt1000003" },
    ]);
    describeFigures(`a line of ${LINE_BYTES / 1_000_000} MB`, {
      "MB of the file": statSync(path).size / 1_000_000,
      "seconds to store": stored.seconds,
      "peak MiB to store": stored.peakMiB,
      "seconds to read": read.seconds,
      "peak MiB to read": read.peakMiB,
    });
    expect(Math.max(stored.peakMiB, read.peakMiB)).toBeLessThan(250);
  },
  isLong ? 300_000 : 60_000,
);

async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
