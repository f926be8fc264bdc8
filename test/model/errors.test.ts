import { expect, test } from "vitest";
import { ERROR_CODES, EXIT, type ErrorCode } from "../../model/errors.ts";
import { describePassingFault } from "../../model/system-fault.ts";
import { DECLARATIONS } from "../../tasks/registry.ts";

/** What stays as it is until a person edits something: a supervisor does not start it again. */
const EDITS: readonly ErrorCode[] = [
  "DAG_INVALID", // a Dag file
  "CONFIG_INVALID", // a setting
  "SECRET_MISSING", // a setting
  "DATABASE_NEWER", // the version
  "DATABASE_UNUSABLE", // the path, its rights, or a backup in its place
  "DATABASE_MISSING", // a command that makes it
  "DATABASE_MOVED", // the file's place
  "SETTINGS_DIFFER", // a setting, of the command or of the scheduler
];
/** What room, time or the end of another process mends. */
const PASSING: readonly ErrorCode[] = [
  "DATABASE_BUSY",
  "DATABASE_FULL",
  "DATABASE_FAILING",
  "MACHINE_SHORT",
  "TOO_MANY_FILES",
  "FOLDER_GONE",
  "ADDRESS_TAKEN",
  "NO_SCHEDULER",
  "LEASE_LOST",
  "INTERRUPTED",
  "OUTPUT_CLOSED",
  "TASK_RUNNING",
  "BACKFILL_ACTIVE",
  "LAKE_UNAVAILABLE",
  "LAKE_FULL",
  "TMDB_UNAVAILABLE",
  "TMDB_RATE_LIMITED",
  "INPUT_NOT_READY",
  "INPUT_CHANGED",
];

function listCodes(exit: number): readonly string[] {
  const tables = [ERROR_CODES, ...DECLARATIONS.map(({ errors = {} }) => errors)];
  return tables
    .flatMap((table) => Object.entries(table))
    .filter(([, meaning]) => meaning.exit === exit)
    .map(([code]) => code)
    .toSorted();
}

test("78 is for what only an edit mends, 75 for what room or time mends", () => {
  expect(listCodes(EXIT.configuration)).toEqual(EDITS.toSorted());
  expect(listCodes(EXIT.tryAgain)).toEqual(PASSING.toSorted());
});

test.each([
  ["ENOSPC", "the disk or the quota is full (ENOSPC)"],
  ["EDQUOT", "the quota is used up (EDQUOT)"],
  ["EMFILE", "this process may not open more files (`ulimit -n`) (EMFILE)"],
  ["EACCES", undefined],
  ["EROFS", undefined],
])("%s", (code, words) => {
  expect(describePassingFault(Object.assign(new Error(code), { code }))).toBe(words);
});
