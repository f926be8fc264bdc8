/**
 * What a lake of ours can do beyond the port: clear away unfinished uploads of a dead process, examine its own place, and remove
 * an object on a user's request. Tasks get the port only, so that no task can remove anything.
 */
import type { LakeNotes } from "./lake-notes.ts";
import type { Finding } from "../model/ports/examination.ts";
import type { Lake } from "../model/ports/lake.ts";

/** Gives the lake's own files of before 0.2 their present names. It may be killed at any point and done again. */
export interface LakeRenaming {
  /** All files with metadata; resolves to the number of those that have an old name. */
  renameMetadata(options: { readonly isDryRun: boolean }, signal: AbortSignal): Promise<number>;
  /** Gives an object a second name, with its metadata; `false` if that key has other bytes. */
  addName(key: string, newKey: string): Promise<boolean>;
  /** Removes one of the two names. Raises an error unless both have the same bytes. */
  dropName(key: string, newKey: string): Promise<void>;
}

/**
 * `removed`: the key has no object now. `changed`: it has another object, which was not changed. `isKept`: the store
 * keeps the object as an earlier version.
 */
export interface RemoveResult {
  readonly outcome: "removed" | "changed";
  readonly isKept: boolean;
}

export interface SweepableLake extends Lake {
  readonly notes: LakeNotes;
  /** `null` where names stay as they are: in S3 metadata has no name, and the writer may not delete. */
  readonly renaming: LakeRenaming | null;
  /**
   * Ends unfinished multipart uploads (S3) and removes temporary files (folder) that were begun before `startedBefore`,
   * only under the prefix; resolves to their number. Objects are never touched. `startedBefore` must be further back
   * than the longest upload can take, because a running upload looks like an abandoned one.
   */
  sweepLeftovers(prefix: string, startedBefore: Date, signal?: AbortSignal): Promise<number>;
  /**
   * Removes the object at the key if it still has this etag, and its metadata. `sha256`: of the object, by which a folder
   * recognises metadata that a crash left. Raises `LAKE_DENIED` without the permission, also if the key has no object.
   */
  remove(
    key: string,
    object: { readonly etag: string; readonly sha256: string },
    signal?: AbortSignal,
  ): Promise<RemoveResult>;
  /** Where its store answers over HTTP; `null` for a folder. */
  readonly serverAddress: string | null;
  /**
   * Tries each operation that the program needs, once and without a retry, and says what each gave: `prefixes` are those that
   * tasks list. Raises nothing. What it leaves in the store is named in the findings.
   */
  examine(prefixes: readonly string[], signal: AbortSignal): Promise<readonly Finding[]>;
}
