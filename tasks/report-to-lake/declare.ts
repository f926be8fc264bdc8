/** What the task type `report-to-lake` declares: the error codes that only it has. */
import type { ErrorTable } from "../../model/errors.ts";
import type { TaskDeclaration } from "../../model/ports/task-declaration.ts";

const ERRORS = {
  REPORT_NOT_AS_DECLARED: {
    exit: 1,
    meaning:
      "A report's SQL lacks a part, a column or a fact that its task names, or a page is too long. Nothing was published.",
  },
} as const satisfies ErrorTable;

declare module "../../model/errors.ts" {
  interface TaskErrors extends Readonly<Record<keyof typeof ERRORS, unknown>> {}
}

export const REPORT_TO_LAKE: TaskDeclaration = { errors: ERRORS };
