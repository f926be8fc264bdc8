/**
 * Judges a lake and its database from outside: objects, manifests and rows are read with plain means and compared with one
 * another. It shares no code with the product, so that both cannot be wrong in the same way.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import BetterSqlite3 from "better-sqlite3";

export interface PlainObject {
  readonly body: Buffer;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface LakeCheck {
  /** By key, as any client reads them from the store. */
  readonly objects: ReadonlyMap<string, PlainObject>;
  readonly databaseFile: string;
  /** The lake's name in the database. */
  readonly lakeId: string;
  /** Objects without a manifest are not a fault: the database that recorded them is gone. */
  readonly mayLackManifests?: boolean;
}

export interface CheckedLake {
  /** Every broken promise as text; empty when all is well. */
  readonly faults: readonly string[];
  /** How often each IMDb id stands in the records, by dataset. */
  readonly copies: Readonly<Record<string, ReadonlyMap<string, number>>>;
  readonly recordObjects: readonly string[];
  readonly manifests: readonly string[];
}

/** Objects of a folder lake with the metadata next to them; Dagmar's own files left out. */
export function readFolderLake(folder: string): ReadonlyMap<string, PlainObject> {
  const objects = new Map<string, PlainObject>();
  if (!existsSync(folder)) return objects;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const key = relative(folder, path);
    if (
      !entry.isFile() ||
      key.startsWith("_dagmar/") ||
      /^\.meta-.*\.lake$|^_.*\.meta\.json$/.test(entry.name)
    )
      continue;
    const next = [`.meta-${basename(path)}.lake`, `_${basename(path)}.meta.json`]
      .map((name) => join(dirname(path), name))
      .find((file) => existsSync(file));
    objects.set(key, {
      body: readFileSync(path),
      metadata: next === undefined ? {} : flattenMeta(readFileSync(next, "utf8")),
    });
  }
  return objects;
}

function flattenMeta(text: string): Record<string, string> {
  const meta = JSON.parse(text) as { readonly metadata?: Record<string, string> };
  return meta.metadata ?? (meta as Record<string, string>);
}

interface Manifest {
  readonly dataset: string;
  readonly question: { readonly hash: string };
  readonly reconciliation: Readonly<Record<string, number>>;
  readonly object_count: number;
  readonly record_count: number;
  readonly objects: readonly {
    readonly key: string;
    readonly sha256: string;
    readonly size_bytes: number;
    readonly record_count: number;
    readonly generation: string;
    readonly records: readonly (readonly [string, number, string, string])[];
  }[];
}

interface TitleRecord {
  readonly id: number;
  readonly imdb_id?: string;
  readonly external_ids?: { readonly imdb_id?: string };
}

export function checkLake(check: LakeCheck): CheckedLake {
  const faults: string[] = [];
  const recordObjects: string[] = [];
  const manifests: string[] = [];
  const idsByKey = new Map<string, readonly string[]>();
  for (const [key, object] of check.objects) {
    const sha256 = hash(object.body);
    if (object.metadata["sha256"] !== sha256) faults.push(`${key}: its metadata names another sha256`);
    if (/^[._]manifest-/.test(basename(key))) manifests.push(key);
    else if (key.endsWith(".json")) {
      recordObjects.push(key);
      idsByKey.set(key, readRecords(key, object.body, faults));
    }
  }
  const listed = checkManifests(check, manifests, idsByKey, faults);
  for (const key of recordObjects) {
    const times = listed.get(key) ?? 0;
    if (times > 1) faults.push(`${key}: ${times} manifests list it`);
    if (times === 0 && check.mayLackManifests !== true) faults.push(`${key}: no manifest lists it`);
  }
  checkRows(check, idsByKey, faults);
  return { faults, copies: countCopies(check.objects, idsByKey, faults), recordObjects, manifests };
}

function hash(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The ids in an object, in its order. */
function readRecords(key: string, body: Buffer, faults: string[]): readonly string[] {
  const parsed = JSON.parse(body.toString("utf8")) as readonly TitleRecord[];
  if (!Array.isArray(parsed)) {
    faults.push(`${key}: no array`);
    return [];
  }
  const records = parsed as readonly TitleRecord[];
  if (records.length < 1 || records.length > 100) faults.push(`${key}: ${records.length} records`);
  if (body.length > 10_000_000) faults.push(`${key}: ${body.length} bytes`);
  const structures = new Set(records.map((record) => Object.keys(record).toSorted().join()));
  if (structures.size !== 1) faults.push(`${key}: ${structures.size} structures`);
  return records.map((record) => {
    const id = record.imdb_id ?? record.external_ids?.imdb_id;
    if (id === undefined) faults.push(`${key}: a record without an IMDb id`);
    return id ?? "";
  });
}

/** How many manifests list each object. */
function checkManifests(
  check: LakeCheck,
  keys: readonly string[],
  idsByKey: ReadonlyMap<string, readonly string[]>,
  faults: string[],
): ReadonlyMap<string, number> {
  const listed = new Map<string, number>();
  for (const key of keys) {
    const manifest = JSON.parse(check.objects.get(key)?.body.toString("utf8") ?? "null") as Manifest;
    const { asked, stored, already_stored, not_found, failed, remaining } = manifest.reconciliation;
    const sum = (stored ?? 0) + (already_stored ?? 0) + (not_found ?? 0) + (failed ?? 0) + (remaining ?? 0);
    if (asked !== sum) faults.push(`${key}: its sum does not hold`);
    const records = manifest.objects.reduce((count, object) => count + object.record_count, 0);
    if (manifest.object_count !== manifest.objects.length) faults.push(`${key}: wrong number of objects`);
    if (manifest.record_count !== records) faults.push(`${key}: wrong number of records`);
    for (const object of manifest.objects) {
      listed.set(object.key, (listed.get(object.key) ?? 0) + 1);
      const body = check.objects.get(object.key)?.body;
      if (body === undefined) {
        faults.push(`${key}: ${object.key} is not there`);
        continue;
      }
      if (dirname(object.key) !== dirname(key)) faults.push(`${key}: ${object.key} is of another partition`);
      if (hash(body) !== object.sha256) faults.push(`${key}: wrong sha256 of ${object.key}`);
      if (body.length !== object.size_bytes) faults.push(`${key}: wrong size of ${object.key}`);
      const ids = idsByKey.get(object.key) ?? [];
      if (ids.length !== object.record_count) faults.push(`${key}: wrong count of ${object.key}`);
      if (ids.join() !== object.records.map(([askedId]) => askedId).join()) {
        faults.push(`${key}: other ids in ${object.key}`);
      }
    }
  }
  return listed;
}

/** Each id once per question and generation; how often in all. */
function countCopies(
  objects: LakeCheck["objects"],
  idsByKey: ReadonlyMap<string, readonly string[]>,
  faults: string[],
): Readonly<Record<string, ReadonlyMap<string, number>>> {
  const copies: Record<string, Map<string, number>> = {};
  const seen = new Set<string>();
  for (const [key, ids] of idsByKey) {
    const metadata = objects.get(key)?.metadata ?? {};
    const counts = (copies[metadata["dagmar-dataset"] ?? ""] ??= new Map());
    for (const id of ids) {
      counts.set(id, (counts.get(id) ?? 0) + 1);
      const answer = `${metadata["dagmar-question"]} ${metadata["dagmar-generation"]} ${id}`;
      if (seen.has(answer)) faults.push(`${key}: ${id} stands in another object too`);
      seen.add(answer);
    }
  }
  return copies;
}

function checkRows(
  check: LakeCheck,
  idsByKey: ReadonlyMap<string, readonly string[]>,
  faults: string[],
): void {
  const database = new BetterSqlite3(check.databaseFile, { readonly: true });
  try {
    const read = <Row>(sql: string, ...values: readonly unknown[]): Row[] =>
      database.prepare(sql).all(...values) as Row[];
    const count = (sql: string): number => read<{ n: number }>(sql, check.lakeId)[0]?.n ?? 0;

    const integrity = read<{ integrity_check: string }>("PRAGMA integrity_check");
    for (const row of integrity) {
      if (row.integrity_check !== "ok") faults.push(`database: ${row.integrity_check}`);
    }
    const dangling = read("PRAGMA foreign_key_check").length;
    if (dangling > 0) faults.push(`database: ${dangling} dangling references`);

    const open = {
      "sealed batches": "SELECT count(*) n FROM batches WHERE state = 'sealed' AND lake = ?",
      "spooled records":
        "SELECT count(*) n FROM spool JOIN questions USING (question_id) WHERE questions.lake = ?",
      "planned objects":
        "SELECT count(*) n FROM objects WHERE is_committed = 0 AND missing_since IS NULL AND lake = ?",
    };
    for (const [what, sql] of Object.entries(open)) {
      if (count(sql) > 0) faults.push(`database: ${count(sql)} ${what} are left`);
    }

    const booked = read<{ key: string; sha256: string; size_bytes: number }>(
      "SELECT key, sha256, size_bytes FROM objects WHERE lake = ? AND kind <> 'foreign' AND missing_since IS NULL",
      check.lakeId,
    );
    for (const row of booked) {
      const body = check.objects.get(row.key)?.body;
      if (body === undefined) faults.push(`database: ${row.key} is not in the lake`);
      else if (hash(body) !== row.sha256 || body.length !== row.size_bytes) {
        faults.push(`database: ${row.key} is not as booked`);
      }
    }
    const bookedKeys = new Set(booked.map((row) => row.key));
    for (const key of check.objects.keys()) {
      if (!bookedKeys.has(key)) faults.push(`database: ${key} is not booked`);
    }

    const rows = read<{ key: string; asked_id: string }>(
      `SELECT o.key, p.asked_id FROM processed_ids p JOIN questions q USING (question_id)
        LEFT JOIN objects o USING (object_id) WHERE p.outcome = 'stored' AND q.lake = ?`,
      check.lakeId,
    );
    const inRows = new Set(rows.map((row) => `${row.key} ${row.asked_id}`));
    const inObjects = [...idsByKey].flatMap(([key, ids]) => ids.map((id) => `${key} ${id}`));
    if (inRows.size !== rows.length) faults.push("database: an id is stored twice in one object");
    for (const pair of inObjects) {
      if (!inRows.delete(pair)) faults.push(`database: ${pair} is in the lake and not in the rows`);
    }
    for (const pair of inRows) faults.push(`database: ${pair} is in the rows and not in the lake`);

    const undecided = read<{ asked_id: string; outcomes: number }>(
      `SELECT c.asked_id, count(DISTINCT p.outcome) AS outcomes FROM asks a JOIN questions q USING (question_id)
        JOIN candidate_ids c USING (candidate_set_id)
        LEFT JOIN processed_ids p ON p.question_id = a.question_id AND p.asked_id = c.asked_id
          AND p.outcome IN ('stored', 'not_found', 'failed')
        WHERE q.lake = ? AND a.limit_ids IS NULL GROUP BY a.ask_id, c.asked_id HAVING outcomes <> 1`,
      check.lakeId,
    );
    for (const row of undecided) faults.push(`database: ${row.asked_id} has ${row.outcomes} outcomes`);
  } finally {
    database.close();
  }
}
