/** What the task type `report-to-lake` declares: the error codes and the failpoints that only it has. */
import type { ErrorTable } from "../../model/errors.ts";
import type { TaskDeclaration } from "../../model/ports/task-declaration.ts";

const ERRORS = {
  REPORT_NOT_AS_DECLARED: {
    exit: 1,
    meaning:
      "A report's SQL lacks a part, a column or a fact that its task names, or a page is too long. Nothing was published.",
  },
} as const satisfies ErrorTable;

/** A page is published like a table, and passes the table's points too. */
const POINTS = [
  "report.fetch.before",
  "report.engine.before",
  "report.engine.after",
  "report.page.before",
  "report.page.after",
  "report.record.before",
] as const;

declare module "../../model/errors.ts" {
  interface TaskErrors extends Readonly<Record<keyof typeof ERRORS, unknown>> {}
}
declare module "../../model/failpoint.ts" {
  interface TaskFailpoints extends Readonly<Record<(typeof POINTS)[number], true>> {}
}

export const REPORT_TO_LAKE: TaskDeclaration = { errors: ERRORS, failpoints: POINTS };
