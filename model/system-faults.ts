/** Faults of the machine or of how the program was started: told in a sentence with what to do, not as faults of Dagmar's own. */
import type { ErrorCode } from "./errors.ts";

export interface SystemFault {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
}

/** `undefined` for every other error. The error, or what caused it, is one of Node's with a `code` and a `syscall`. */
export function explainSystemFault(error: unknown): SystemFault | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === "EMFILE") {
    return {
      code: "TOO_MANY_FILES",
      message: "This process has as many files and connections open as it may (EMFILE).",
      hint: "Raise the limit: `ulimit -n 4096` in the shell that starts it, LimitNOFILE= in a systemd unit.",
    };
  }
  if (code === "ENFILE") {
    return {
      code: "TOO_MANY_FILES",
      message: "This machine has as many files open as it may (ENFILE).",
      hint: "End programs that hold many files open, or raise fs.file-max.",
    };
  }
  if (code === "ENOENT" && syscall === "uv_cwd") {
    return {
      code: "FOLDER_GONE",
      message: "The working directory does not exist any more.",
      hint: "Change to a directory that exists, and give the command again there.",
    };
  }
  return explainSystemFault(error.cause);
}
