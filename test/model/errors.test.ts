/** Exit codes of errors, and the text of faults of the operating system. */
import { expect, test } from "vitest";
import {
  CommandRefused,
  declareErrors,
  DagDefinitionError,
  ERROR_CODES,
  EXIT,
  isErrorCode,
  isFencedOff,
  StateError,
  type ErrorCode,
} from "../../model/errors.ts";
import { describePassingFault } from "../../model/system-fault.ts";
import { DECLARATIONS } from "../../tasks/registry.ts";

/** Faults that a person has to fix by an edit: a supervisor does not restart the program. */
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
/** Faults that free space, time or the end of another process fixes. */
const PASSING: readonly ErrorCode[] = [
  "DATABASE_BUSY",
  "DATABASE_FULL",
  "DATASET_BUSY",
  "DATABASE_FAILING",
  "MACHINE_SHORT",
  "TOO_MANY_FILES",
  "TOO_MANY_TRIES",
  "FOLDER_GONE",
  "ADDRESS_TAKEN",
  "NO_SCHEDULER",
  "LEASE_LOST",
  "INTERRUPTED",
  "OUTPUT_CLOSED",
  "TASK_RUNNING",
  "BACKFILL_ACTIVE",
  "VERIFY_RUNNING",
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

test("78 is for faults that only an edit fixes, 75 for faults that space or time fixes", () => {
  expect(listCodes(EXIT.configuration)).toEqual(EDITS.toSorted());
  expect(listCodes(EXIT.tryAgain)).toEqual(PASSING.toSorted());
});

test.each([
  ["ENOSPC", "no space is left (ENOSPC)"],
  ["EDQUOT", "the quota is used up (EDQUOT)"],
  ["EMFILE", "this process has reached its limit of open files (`ulimit -n`) (EMFILE)"],
  ["EACCES", undefined],
  ["EROFS", undefined],
])("%s", (code, words) => {
  expect(describePassingFault(Object.assign(new Error(code), { code }))).toBe(words);
});

test("a process is fenced off when its lease or its database file is gone, and by nothing else", () => {
  const codes = Object.keys(ERROR_CODES) as ErrorCode[];
  const fencing = codes.filter((code) => isFencedOff(new StateError(code, "said")));
  expect(fencing.toSorted()).toEqual(["DATABASE_MOVED", "LEASE_LOST"]);
  expect(isFencedOff(new CommandRefused("LEASE_LOST", "said"))).toBe(false);
  expect(isFencedOff("LEASE_LOST")).toBe(false);
});

test("an error ends its command with the exit code that its code declares", () => {
  for (const [code, { exit }] of Object.entries(ERROR_CODES))
    expect([code, new StateError(code as ErrorCode, "said").exitCode]).toEqual([code, exit]);
});

test("all faults of Dag files are one message, a line each", () => {
  const fault = { file: "a.yaml", line: 3, column: 5, path: "tasks.x", message: "is no task" };
  const error = new DagDefinitionError([fault, { ...fault, line: 0, path: "", hint: "Add tasks." }]);
  expect(error.message).toBe("a.yaml:3:5: tasks.x: is no task\na.yaml: is no task (Add tasks.)");
});

test("an error keeps its cause, and has none without one", () => {
  const cause = new Error("below");
  expect(new StateError("DATABASE_BUSY", "It is held.", { cause }).cause).toBe(cause);
  expect("cause" in new StateError("DATABASE_BUSY", "It is held.")).toBe(false);
});

test("a task type's codes must be new: neither Dagmar's own nor another type's", () => {
  const [meaning, other] = [{ exit: EXIT.failed, meaning: "test" } as never, { exit: EXIT.failed } as never];
  declareErrors({ OF_A_TEST: meaning });
  expect(isErrorCode("OF_A_TEST")).toBe(true);
  // The same declaration, loaded again.
  declareErrors({ OF_A_TEST: meaning });
  expect(() => declareErrors({ OF_A_TEST: other })).toThrow("two task types declare OF_A_TEST");
  expect(() => declareErrors({ INTERNAL: meaning })).toThrow("INTERNAL is a code of Dagmar's own");
});
