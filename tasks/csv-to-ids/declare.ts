/** What the task type `csv-to-ids` declares: the error codes that only it has. */
import type { ErrorTable } from "../../model/errors.ts";
import type { TaskDeclaration } from "../../model/ports/task-declaration.ts";

const ERRORS = {
  CSV_COLUMN_MISSING: {
    exit: 1,
    meaning: "The CSV has no column of that name; the message lists those it has.",
  },
  CSV_TOO_DIRTY: { exit: 1, meaning: "More faulty rows than the Dag's max_faulty_rows allows." },
  CSV_EMPTY: { exit: 1, meaning: "The CSV has no header line." },
} as const satisfies ErrorTable;

declare module "../../model/errors.ts" {
  interface TaskErrors extends Readonly<Record<keyof typeof ERRORS, unknown>> {}
}

export const CSV_TO_IDS: TaskDeclaration = { errors: ERRORS };
