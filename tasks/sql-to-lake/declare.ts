/** What the task type `sql-to-lake` declares: the error codes and the failpoints that only it has. */
import type { ErrorTable } from "../../model/errors.ts";
import type { TaskDeclaration } from "../../model/ports/task-declaration.ts";

const ERRORS = {
  ENGINE_MISSING: {
    exit: 1,
    meaning: "DuckDB, which computes tables, is not installed. Other task types work without it.",
  },
  ENGINE_CRASHED: {
    exit: 1,
    meaning: "The process that computes a table ended without an answer. Nothing was published.",
  },
  ENGINE_OUT_OF_MEMORY: {
    exit: 1,
    meaning: "A table needs more memory than its task's `memory`. Nothing was published.",
  },
  SQL_FAILED: {
    exit: 1,
    meaning:
      "DuckDB refused a task's SQL, or a value in its inputs; the message says where. Nothing was published.",
  },
  CSV_NOT_READABLE: {
    exit: 1,
    meaning:
      "A CSV that a table or a report reads has a line that is not as its first line says; the message names the object and the line. Nothing was published.",
  },
  TABLE_NOT_AS_DECLARED: {
    exit: 1,
    meaning:
      "A table has other columns than its task declares, or NULL where that is excluded. Nothing was published.",
  },
  EXPECTATION_BROKEN: {
    exit: 1,
    meaning: "A table breaks what its task expects of it; the message shows rows. Nothing was published.",
  },
  TABLE_KEY_TAKEN: {
    exit: 1,
    meaning: "A table's key has an object that is not this table. It was not changed.",
  },
} as const satisfies ErrorTable;

const POINTS = [
  "table.fetch.before",
  "table.engine.before",
  "table.engine.writing",
  "table.engine.after",
  "table.plan.after",
  "table.put.before",
  "table.put.after",
  "table.commit.before",
  "table.commit.after",
] as const;

declare module "../../model/errors.ts" {
  interface TaskErrors extends Readonly<Record<keyof typeof ERRORS, unknown>> {}
}
declare module "../../model/failpoint.ts" {
  interface TaskFailpoints extends Readonly<Record<(typeof POINTS)[number], true>> {}
}

export const SQL_TO_LAKE: TaskDeclaration = { errors: ERRORS, failpoints: POINTS };
