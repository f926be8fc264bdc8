/**
 * Gives the lake's own files of before 0.2 the names that no pattern for objects matches. In a folder only: objects in S3
 * keep their names.
 */
import { createHash } from "node:crypto";
import type { LakeRenaming } from "../../lake/sweepable-lake.ts";
import { renameManifestKey } from "../../model/records/manifest-name.ts";
import { holdLease } from "../../scheduler/lease/lease-keeper.ts";
import { describeLease } from "../lease-work.ts";
import { identifyProcess } from "../../scheduler/lease/process-identity.ts";
import { insertEvent } from "../../state/control/events.ts";
import {
  countOldManifests,
  isRecordedManifest,
  renameManifest,
  type KeyChange,
} from "../../state/records/renamed-manifests.ts";
import type { Database } from "../../state/sqlite/database.ts";
import type { App } from "../app.ts";

export interface LakeMigration {
  /** Files with metadata that were renamed, or would be. */
  readonly metadata: number;
  /** Manifests that were renamed, or would be. */
  readonly manifests: readonly KeyChange[];
  /**
   * Manifests that keep their names. `not_recorded`: the database does not know them with these bytes. `taken`: another
   * object has the new name.
   */
  readonly left: readonly { readonly key: string; readonly reason: "not_recorded" | "taken" }[];
}

export interface KeptNames {
  /** Recorded manifests with old names. */
  readonly oldManifests: number;
}

/** For a lake in S3: what has an old name. `null` for a folder. */
export async function readKeptNames(app: App): Promise<KeptNames | null> {
  if (app.lake.renaming !== null) return null;
  const database = await app.openDatabase("read");
  return { oldManifests: countOldManifests(database, app.lake.id) };
}

/** What would be renamed; changes nothing. */
export async function previewMigration(app: App, drain: AbortSignal): Promise<LakeMigration> {
  const database = await app.openDatabase("read");
  return await migrate(app, database, { isDryRun: true, signal: drain });
}

/** What was renamed. Raises `DATABASE_BUSY` while a scheduler or another command holds the lease. */
export async function migrateLake(app: App, drain: AbortSignal): Promise<LakeMigration> {
  const database = await app.openDatabase("existing");
  const lease = await holdLease(database, identifyProcess(), "lake migrate", describeLease(app));
  try {
    const signal = AbortSignal.any([drain, lease.lost]);
    const done = await migrate(app, database, { isDryRun: false, signal });
    if (done.metadata + done.manifests.length > 0) await recordMigration(app, database, done);
    return done;
  } finally {
    await lease.release();
  }
}

async function migrate(
  { lake }: App,
  database: Database,
  { isDryRun, signal }: { readonly isDryRun: boolean; readonly signal: AbortSignal },
): Promise<LakeMigration> {
  const { renaming } = lake;
  if (renaming === null) return { metadata: 0, manifests: [], left: [] };
  const metadata = await renaming.renameMetadata({ isDryRun }, signal);
  const manifests: KeyChange[] = [];
  const left: LakeMigration["left"][number][] = [];
  const found: KeyChange[] = [];
  for await (const { key } of lake.list("", signal)) {
    const to = renameManifestKey(key);
    if (to !== undefined) found.push({ from: key, to });
  }
  for (const change of found) {
    signal.throwIfAborted();
    const sha256 = await hashObject(change.from);
    if (!isRecordedManifest(database, lake.id, change, sha256)) {
      left.push({ key: change.from, reason: "not_recorded" });
    } else if (isDryRun || (await rename(renaming, change))) manifests.push(change);
    else left.push({ key: change.from, reason: "taken" });
  }
  return { metadata, manifests, left };

  async function hashObject(key: string): Promise<string> {
    const hash = createHash("sha256");
    const { body } = await lake.get(key, signal);
    for await (const chunk of body) hash.update(chunk as Uint8Array);
    return hash.digest("hex");
  }

  /** The record names the object that is certainly there: both names exist while it changes. */
  async function rename(names: LakeRenaming, { from, to }: KeyChange): Promise<boolean> {
    if (!(await names.addName(from, to))) return false;
    await database.write((query) => renameManifest(query, lake.id, { from, to }));
    await names.dropName(from, to);
    return true;
  }
}

async function recordMigration(
  { lake, clock, settings }: App,
  database: Database,
  { metadata, manifests }: LakeMigration,
): Promise<void> {
  const message = `lake migrate renamed ${metadata} metadata files and ${manifests.length} manifests of ${lake.id}.`;
  const data = { lake: lake.id, metadata, manifests: manifests.length };
  await database.write((query) =>
    insertEvent(
      query,
      { level: "info", kind: "lake_migrated", message, data },
      clock.now(),
      settings.timezone,
    ),
  );
}
