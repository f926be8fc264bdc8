/** What the task type `file-to-lake` declares: the error codes and the failpoints that only it has. */
import type { ErrorTable } from "../../model/errors.ts";
import type { TaskDeclaration } from "../../model/ports/task-declaration.ts";

const ERRORS = {
  CONTENT_REMOVED: {
    exit: 1,
    meaning: "A user removed this content from this key (`dagmar lake rm`), so it is not stored there again.",
  },
  INPUT_IS_ARCHIVE: {
    exit: 1,
    meaning: "The source is an archive or compressed, and its name says that it is a plain file.",
  },
  INPUT_NOT_AS_DECLARED: {
    exit: 1,
    meaning:
      "The source is not the CSV that the task declares: delimiter or columns differ. Nothing was stored.",
  },
} as const satisfies ErrorTable;

const POINTS = [
  "hash.before",
  "hash.after",
  "file.plan.before",
  "file.plan.after",
  "file.put.before",
  "file.put.after",
  "file.commit.before",
  "file.commit.after",
] as const;

declare module "../../model/errors.ts" {
  interface TaskErrors extends Readonly<Record<keyof typeof ERRORS, unknown>> {}
}
declare module "../../model/failpoint.ts" {
  interface TaskFailpoints extends Readonly<Record<(typeof POINTS)[number], true>> {}
}

export const FILE_TO_LAKE: TaskDeclaration = { errors: ERRORS, failpoints: POINTS };
