/** Names of runs: parsed and printed. */
import { expect, test } from "vitest";
import { formatRunId, readRunDate } from "../../../model/run/dag-run.ts";
import { nameRun, parseRunName } from "../../../model/run/run-name.ts";

const RUN_ID = "manual__2026-11-23T09:00:00.000Z";

test.each([
  ["csv_ingest@2026-11-23", { kind: "date", dagId: "csv_ingest", date: "2026-11-23" }],
  ["csv_ingest@2026-11-23T06:00", { kind: "date", dagId: "csv_ingest", date: "2026-11-23T06:00" }],
  [`csv_ingest/${RUN_ID}`, { kind: "id", dagId: "csv_ingest", runId: RUN_ID }],
  ["csv_ingest", { kind: "word", word: "csv_ingest" }],
  [RUN_ID, { kind: "word", word: RUN_ID }],
  ["@2026-11-23", { kind: "word", word: "@2026-11-23" }],
  ["csv_ingest@", { kind: "date", dagId: "csv_ingest", date: "" }],
])("%s is read as %j", (text, name) => expect(parseRunName(text)).toEqual(name));

test("the name that is printed is read back as the same run", () => {
  const run = { dagId: "csv_ingest", runId: RUN_ID };
  expect(parseRunName(nameRun(run))).toEqual({ kind: "id", ...run });
});

test.each([
  [formatRunId("scheduled", new Date("2026-11-23T09:00:00Z")), "2026-11-23T09:00:00.000Z"],
  [`${RUN_ID}__2`, "2026-11-23T09:00:00.000Z"],
  [`${RUN_ID}__`, ""],
  ["csv_ingest", ""],
  ["", ""],
])("the id %s has the date %j", (runId, date) => expect(readRunDate(runId)).toBe(date));
