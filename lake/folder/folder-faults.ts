/** What an error of the operating system means for a folder lake: the code, the sentence, and whether to retry. */
import { DagmarError, LakeError, type ErrorCode } from "../../model/errors.ts";

interface Meaning {
  readonly code: ErrorCode;
  readonly what: string;
  readonly isRetryable: boolean;
  readonly hint?: string;
}

const NO_LINKS: Meaning = {
  code: "LAKE_UNSUPPORTED",
  what: "the file system cannot make hard links, without which an object could be overwritten",
  isRetryable: false,
  hint: "Put the lake on a local file system such as ext4, XFS, Btrfs, ZFS or APFS, as one mount; or use S3.",
};
const DENIED: Meaning = {
  code: "LAKE_DENIED",
  what: "permission denied",
  isRetryable: false,
  hint: "Give the user that runs Dagmar write access to the lake's folder.",
};
const FULL: Meaning = {
  code: "LAKE_FULL",
  what: "the disk or the quota is full",
  isRetryable: true,
  hint: "Free some space; the same command resumes where it stopped.",
};

const MEANINGS: Readonly<Record<string, Meaning>> = {
  ENOSPC: FULL,
  EDQUOT: FULL,
  EFBIG: {
    ...FULL,
    what: "the file exceeds the size limit of this user or file system",
    hint: "Raise the limit (`ulimit -f`), or use another file system; the same command resumes where it stopped.",
  },
  EACCES: DENIED,
  EPERM: DENIED,
  EROFS: { ...DENIED, what: "the file system is read-only", hint: "Mount the lake's folder writable." },
  EXDEV: {
    ...NO_LINKS,
    what: "another file system is mounted inside the lake, so that files cannot be linked into it",
  },
  ENAMETOOLONG: {
    code: "LAKE_KEY_REFUSED",
    what: "a name is too long for the file system",
    isRetryable: false,
  },
  ENOENT: { code: "LAKE_UNAVAILABLE", what: "the file no longer exists", isRetryable: true },
  ELOOP: { code: "LAKE_KEY_REFUSED", what: "a symbolic link is in its path", isRetryable: false },
};
/** Linux returns EPERM if a file system has no hard links (link(2)). */
const LINK_REFUSALS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

/** The error number's name, such as `ENOENT`; empty where there is none. */
export function readErrno(fault: unknown): string {
  return fault instanceof Error && "code" in fault ? String(fault.code) : "";
}

/**
 * A `LakeError` for a fault of a file operation. `wasLinking` distinguishes EPERM of `link` from EPERM elsewhere. Our
 * own errors and aborts are returned unchanged.
 */
export function describeFolderFault(fault: unknown, key: string, wasLinking = false): unknown {
  if (fault instanceof DagmarError || (fault instanceof Error && fault.name === "AbortError")) return fault;
  const errno = readErrno(fault);
  if (errno === "" || errno.startsWith("ERR_")) return fault;
  const meaning = wasLinking && LINK_REFUSALS.has(errno) ? NO_LINKS : MEANINGS[errno];
  const code = meaning?.code ?? "LAKE_UNAVAILABLE";
  const what = meaning?.what ?? "the file system reported an error";
  return new LakeError(code, `${key}: ${what} (${errno}).`, meaning?.isRetryable ?? true, {
    cause: fault,
    ...(meaning?.hint === undefined ? {} : { hint: meaning.hint }),
  });
}
