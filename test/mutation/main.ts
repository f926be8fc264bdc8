/**
 * `npm run test:mutation [-- PART…] [--sample N] [--seed S]`: changes the code on purpose, one place at a time, and tells
 * which changes no test notices. A part is a room, `sql`, or a file; without one it is all of them.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Sample } from "./draw-sample.ts";
import { computeScore, describeMutant, describeScore, type MutantResult } from "./result.ts";
import { CODE_ROOMS, ROOM_VARIABLE, SQL_ROOM, WORK_FOLDER } from "./rooms.ts";
import { runStryker } from "./run-stryker.ts";
import { runSqlMutants } from "./sql/run-sql-mutants.ts";

/** npm starts it there. */
const ROOT = process.cwd();

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { sample: { type: "string" }, seed: { type: "string", default: "1" } },
});
const sample: Sample | null =
  values.sample === undefined ? null : { size: Number(values.sample), seed: Number(values.seed) };
const rooms = [...CODE_ROOMS, SQL_ROOM];
const parts = positionals.length > 0 ? positionals : rooms.map(({ name }) => name);

mkdirSync(WORK_FOLDER, { recursive: true });
const scores: string[] = [];
for (const part of parts) {
  const name = part.replaceAll("/", "-");
  const results = await runPart(part, name);
  writeFileSync(join(WORK_FOLDER, `${name}.json`), JSON.stringify(results, null, 1));
  for (const result of results) {
    if (result.verdict === "survived" || result.verdict === "not covered") {
      process.stdout.write(`${result.verdict}: ${describeMutant(result)}\n`);
    }
  }
  scores.push(describeScore(part, computeScore(results)));
}
process.stdout.write(`\n${scores.join("\n")}\n`);

function runPart(part: string, name: string): Promise<readonly MutantResult[]> {
  const room = rooms.find(
    (candidate) => candidate.name === part || candidate.paths.some((path) => part.startsWith(path)),
  );
  if (room === undefined) {
    throw new Error(
      `${part} is no part. Name a file of one, or one of: ${rooms.map((each) => each.name).join(", ")}`,
    );
  }
  process.env[ROOM_VARIABLE] = room.name;
  const isFile = room.name !== part;
  if (room === SQL_ROOM) return runSqlMutants({ root: ROOT, files: isFile ? [part] : null, sample });
  const files = isFile
    ? [part]
    : room.paths.map((path) => (path.endsWith("/") ? `${path}**/*.ts` : `${path}*.ts`));
  return Promise.resolve(runStryker({ root: ROOT, name, files, sample }));
}
