/**
 * Named points at which a test may end the process: before and after every durable step. Without a test nothing
 * happens at them.
 */

/**
 * `before` is before the step's effect, `after` is directly after it. A transaction is `open` between its work and
 * its COMMIT.
 */
export const FAILPOINTS = [
  // state: every write to the database
  "transaction.before",
  "transaction.open",
  "transaction.after",
  // scheduler: the lease, slots that become runs, states of runs and tasks, rows of attempts
  "lease.take.before",
  "lease.take.after",
  "lease.release.before",
  "lease.release.after",
  "slot.before",
  "slot.after",
  "cursor.before",
  "cursor.after",
  "state.before",
  "state.after",
  "attempt.before",
  "attempt.after",
  "settle.before",
  "settle.after",
  // scheduler: a lease in the lake
  "lake-lease.take.before",
  "lake-lease.take.after",
  "lake-lease.release.before",
  "lake-lease.release.after",
  // lake/protocol: records
  "know.before",
  "know.after",
  "plan.before",
  "plan.after",
  "spool.before",
  "spool.after",
  "seal.before",
  "seal.after",
  "put.before",
  "put.after",
  "rekey.before",
  "rekey.after",
  "commit.before",
  "commit.after",
  "manifest.before",
  "manifest.after",
  // lake/protocol: a removal
  "remove.record.before",
  "remove.record.after",
  "remove.delete.before",
  "remove.delete.after",
  "remove.undo.before",
  "remove.undo.after",
  // lake/folder: an object's draft, its metadata, its name, its folder
  "folder.draft.before",
  "folder.draft.after",
  "folder.meta.before",
  "folder.meta.after",
  "folder.link.before",
  "folder.link.after",
  "folder.sync.before",
  "folder.sync.after",
  "folder.remove.after",
  "folder.replace.before",
  "folder.replace.meta",
  "folder.replace.object",
  "folder.replace.after",
  // lake/folder: files of before 0.2 that get their present names
  "rename.metadata.open",
  "rename.add.open",
  "rename.add.after",
  "rename.drop.open",
  "rename.drop.after",
  // lake/s3: an object at once, or in parts
  "s3.put.before",
  "s3.put.after",
  "s3.upload.before",
  "s3.upload.after",
  "s3.part.before",
  "s3.part.after",
  "s3.complete.before",
  "s3.complete.after",
] as const;

type OwnFailpoints = Readonly<Record<(typeof FAILPOINTS)[number], true>>;

/** The names that may be passed. A task type adds its own: `declare module "…/model/failpoint.ts"`. */
export interface TaskFailpoints extends OwnFailpoints {}

export type FailpointName = keyof TaskFailpoints;

type FailpointHook = (name: FailpointName) => void;

let hook: FailpointHook | undefined;

/** Costs one comparison while nothing is armed. */
export function failpoint(name: FailpointName): void {
  if (hook !== undefined) hook(name);
}

/** From now on every failpoint of this thread calls `next`; `undefined` disarms them. */
export function armFailpoints(next: FailpointHook | undefined): void {
  hook = next;
}
