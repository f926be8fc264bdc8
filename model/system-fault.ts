/**
 * Operating system errors that free space or time can fix, and a removed working directory: as text, with what to do.
 * Errors that need another setting are not listed.
 */
import type { ErrorCode } from "./errors.ts";

const PASSING: Readonly<Record<string, string>> = {
  ENOSPC: "no space is left",
  EDQUOT: "the quota is used up",
  EFBIG: "the file exceeds the size limit of this user or file system (`ulimit -f`)",
  EIO: "the disk could not read or write",
  EMFILE: "this process has reached its limit of open files (`ulimit -n`)",
  ENFILE: "the machine has too many open files",
  ENOMEM: "too little memory is left",
  ENOBUFS: "too little memory is left for the network",
  EAGAIN: "the machine has no resources for it at the moment",
  EBUSY: "something else uses it",
  ETXTBSY: "something else writes it",
  EINTR: "it was interrupted",
  ETIMEDOUT: "it took too long",
  ENODEV: "the disk is gone",
  ENXIO: "the disk is gone",
};

/** `no space is left (ENOSPC)`, or `undefined` where another attempt would fail as this one did. */
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

/** `undefined` for every other error. Also checks the error's cause. */
export function explainSystemFault(error: unknown): SystemFault | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === "EMFILE") {
    return {
      code: "TOO_MANY_FILES",
      message: "This process has reached its limit of open files and connections (EMFILE).",
      hint: "Raise the limit: `ulimit -n 4096` in the shell that starts it, LimitNOFILE= in a systemd unit.",
    };
  }
  if (code === "ENFILE") {
    return {
      code: "TOO_MANY_FILES",
      message: "This machine has reached its limit of open files (ENFILE).",
      hint: "Stop programs that hold many files open, or raise fs.file-max.",
    };
  }
  if (code === "ENOENT" && syscall === "uv_cwd") {
    return {
      code: "FOLDER_GONE",
      message: "The working directory no longer exists.",
      hint: "Change to an existing directory and run the command again.",
    };
  }
  const passing = describePassingFault(error);
  if (passing === undefined) return explainSystemFault(error.cause);
  const { path } = error as NodeJS.ErrnoException;
  return {
    code: "MACHINE_SHORT",
    message: `${passing.charAt(0).toUpperCase()}${passing.slice(1)}${path === undefined ? "" : `: ${path}`}.`,
    hint: "Free some space or wait, then run the same command again: committed work is kept.",
  };
}
