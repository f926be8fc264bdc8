/** What the task type `shell` declares: the error codes that only it has. */
import type { ErrorTable } from "../../model/errors.ts";
import type { TaskDeclaration } from "../../model/ports/task-declaration.ts";

const ERRORS = {
  SHELL_FAILED: { exit: 1, meaning: "The program ended with a code other than 0, or by a signal." },
  SHELL_NOT_FOUND: { exit: 1, meaning: "The program could not be started." },
  OUTPUT_TOO_LONG: {
    exit: 1,
    meaning: "A task's output is longer than an output may be; the message has both lengths.",
  },
  OUTPUT_NOT_TEXT: {
    exit: 1,
    meaning:
      "A task's output is not UTF-8 text, or holds a control character; the message says which and where.",
  },
} as const satisfies ErrorTable;

declare module "../../model/errors.ts" {
  interface TaskErrors extends Readonly<Record<keyof typeof ERRORS, unknown>> {}
}

export const SHELL: TaskDeclaration = { errors: ERRORS };
