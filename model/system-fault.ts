/**
 * The operating system's errors that room or time can mend, and a removed working directory: in words, with what to do.
 * What an edit of settings has to mend is not listed.
 */
import { describeError, type ErrorCode } from "./errors.ts";

const PASSING: Readonly<Record<string, string>> = {
  ENOSPC: "the disk or the quota is full",
  EDQUOT: "the quota is used up",
  EFBIG: "the file exceeds the size limit of this user or file system (`ulimit -f`)",
  EIO: "the disk could not read or write",
  EMFILE: "this process may not open more files (`ulimit -n`)",
  ENFILE: "the machine has too many open files",
  ENOMEM: "too little memory is left",
  ENOBUFS: "too little memory is left for the network",
  EAGAIN: "the machine has no room for it at the moment",
  EBUSY: "something else uses it",
  ETXTBSY: "something else writes it",
  EINTR: "it was interrupted",
  ETIMEDOUT: "it took too long",
  ENODEV: "the disk is gone",
  ENXIO: "the disk is gone",
};

/** `the disk or the quota is full (ENOSPC)`, or `undefined` where another attempt would fail as this one did. */
export function describePassingFault(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const words = PASSING[code];
  return words === undefined ? undefined : `${words} (${code})`;
}

export interface SystemFault {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
}

/** `undefined` for every other error. Also looks at what caused it. */
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
  const passing = describePassingFault(error);
  if (passing === undefined) return explainSystemFault(error.cause);
  return {
    code: "MACHINE_SHORT",
    message: `${passing}: ${describeError(error)}`,
    hint: "Make room or wait, and give the same command again: what was committed is kept.",
  };
}
