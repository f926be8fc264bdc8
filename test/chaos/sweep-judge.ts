/**
 * What must hold whenever the process died, for the lake, the database and the requests to TMDB, all read from
 * outside. The objects among themselves are `check-lake`'s part.
 */
import { createHash } from "node:crypto";
import { checkLake, type PlainObject } from "../support/check-lake.ts";
import { isUnknown } from "../support/cli.ts";
import type { Scene } from "./sweep-scenes.ts";
import { FOREIGN_BODY, type SweepWorld } from "./sweep-world.ts";

/** Checks after every run, killed or not, and remembers what must not change. */
export interface Witness {
  readonly faults: readonly string[];
  look(): void;
}

export function createWitness(world: SweepWorld): Witness {
  const faults: string[] = [];
  const seen = new Map<string, string>();
  let durable = new Map<string, number>();
  return {
    faults,
    look() {
      const objects = world.objects();
      for (const [key, sha256] of seen) {
        const object = objects.get(key);
        if (object === undefined) faults.push(`${key}: it stood there and is gone`);
        else if (hash(object.body) !== sha256) faults.push(`${key}: it was overwritten`);
      }
      for (const [key, { body }] of objects) seen.set(key, hash(body));
      for (const [id, count] of durable) {
        if (world.simulator.countOf(id) !== count)
          faults.push(`${id}: its answer was durable, and it was asked again`);
      }
      durable = new Map(
        world
          .query<{ id: string }>("SELECT asked_id AS id FROM spool UNION SELECT asked_id FROM processed_ids")
          .map(({ id }) => [id, world.simulator.countOf(id)]),
      );
    },
  };
}

/** When the work is done. */
export function judgeWorld(world: SweepWorld, scene: Scene, kills: number): readonly string[] {
  const faults: string[] = [];
  const all = world.objects();
  const ours = new Map([...all].filter(([, { metadata }]) => metadata["dagmar-kind"] !== undefined));
  const checked = checkLake({ objects: ours, databaseFile: world.databaseFile, lakeId: world.lakeId() });
  faults.push(...checked.faults);
  judgeForeign(all, ours, faults);
  judgeFiles(world, ours, scene, faults);
  judgeBooks(world, scene, faults);
  for (const key of world.store?.overwrittenKeys() ?? []) faults.push(`${key}: it was overwritten`);
  // They are removed when they are a day old.
  const uploads = world.unfinishedUploads;
  if (uploads > kills) faults.push(`${uploads} uploads are left of ${kills} processes that died`);
  if (scene.isTmdb) judgeRecords(world, scene, checked, kills, faults);
  return faults;
}

function judgeForeign(
  all: ReadonlyMap<string, PlainObject>,
  ours: ReadonlyMap<string, PlainObject>,
  faults: string[],
): void {
  for (const [key, { body }] of all) {
    if (!ours.has(key) && body.toString() !== FOREIGN_BODY) faults.push(`${key}: it has no owner`);
  }
}

/** Byte for byte, once, in the partition of one of the runs. */
function judgeFiles(
  world: SweepWorld,
  ours: ReadonlyMap<string, PlainObject>,
  scene: Scene,
  faults: string[],
): void {
  for (const [dataset, folder] of [
    ["movies", "Movies"],
    ["series", "Series"],
  ] as const) {
    const found = [...ours].filter(([key]) => key.endsWith(".csv") && key.includes(`/${folder}/`));
    if (found.length !== 1) faults.push(`${dataset}.csv: it is there ${found.length} times`);
    for (const [key, { body }] of found) {
      if (!body.equals(world.files[dataset])) faults.push(`${key}: other bytes than the file's`);
      const expected = listDates(scene).map(
        (date) => `Raw/Local/CSV/${folder}/${date.slice(0, 10).replaceAll("-", "/")}/${dataset}.csv`,
      );
      if (!expected.includes(key)) faults.push(`${key}: the key of none of the runs`);
    }
  }
}

function judgeBooks(world: SweepWorld, scene: Scene, faults: string[]): void {
  const runs = world.query<{ run: string }>(
    "SELECT dag_id || ' ' || logical_date || ' ' || state AS run FROM dag_runs ORDER BY 1",
  );
  const expected = scene.runs.flatMap(({ dagId, logicalDates }) =>
    logicalDates.map((date) => `${dagId} ${date} success`),
  );
  const found = runs.map(({ run }) => run);
  if (found.join() !== expected.toSorted().join()) faults.push(`runs: ${found.join(", ")}`);
  const open = world.query<{ task_id: string; state: string }>(
    "SELECT task_id, state FROM v_attempts WHERE state NOT IN ('success', 'lost')",
  );
  for (const { task_id: taskId, state } of open) faults.push(`${taskId}: an attempt is ${state}`);
  const tasks = world.query<{ task_id: string; state: string; failures: number; successes: number }>(
    `SELECT t.task_id, t.state, t.failures, (SELECT count(*) FROM v_attempts a WHERE a.dag_id = t.dag_id
        AND a.run_id = t.run_id AND a.task_id = t.task_id AND a.state = 'success') AS successes FROM v_tasks t`,
  );
  for (const { task_id: taskId, state, failures, successes } of tasks) {
    if (state !== "success") faults.push(`${taskId}: it is ${state}`);
    if (failures > 0) faults.push(`${taskId}: ${failures} failures were charged`);
    if (successes !== 1) faults.push(`${taskId}: ${successes} of its attempts succeeded`);
  }
  const [told] = world.query<{ lost: number; events: number }>(
    `SELECT (SELECT count(*) FROM v_attempts WHERE state = 'lost') AS lost,
        (SELECT count(*) FROM v_events WHERE kind IN ('attempt_lost', 'task_set_aside')) AS events`,
  );
  if (told?.lost !== told?.events)
    faults.push(`${told?.lost} attempts were lost and ${told?.events} recorded`);
  const holders = world.query("SELECT 1 FROM lease WHERE expires_at IS NOT NULL");
  if (holders.length > 0) faults.push("the lease was not given back");
}

function judgeRecords(
  world: SweepWorld,
  scene: Scene,
  checked: ReturnType<typeof checkLake>,
  kills: number,
  faults: string[],
): void {
  for (const dataset of ["tmdb_movies", "tmdb_series"] as const) {
    const asked = world.ids[dataset];
    const copies = checked.copies[dataset] ?? new Map<string, number>();
    const stored = [...copies].map(([id, count]) => `${id} ${count}`).toSorted();
    const expected = asked.filter((id) => !isUnknown(id)).map((id) => `${id} 1`);
    if (stored.join() !== expected.toSorted().join())
      faults.push(`${dataset}: stored are ${stored.join(", ")}`);
    for (const id of asked) {
      const count = world.simulator.countOf(id);
      // A film that is not known, and a series that is, take two requests.
      if (count < 1 || count > 2 * (1 + kills)) faults.push(`${id}: it was asked ${count} times`);
    }
  }
  const keys = listDates(scene).map((date) => {
    const partition = date.slice(0, 10).replaceAll("-", "/");
    const stamp = date.replace(/[-:.]/g, "");
    return [
      `Raw/TMDB/JSON/(Movies|Series)/${partition}/((movies|series)-${stamp}-\\d{5}\\.json`,
      `\\.manifest-${stamp}-tmdb_ingest-(movies|series)-\\d+\\.lake)`,
    ].join("|");
  });
  const mayBe = new RegExp(`^(?:${keys.join("|")})$`);
  for (const key of [...checked.recordObjects, ...checked.manifests]) {
    if (!mayBe.test(key)) faults.push(`${key}: the key of none of the runs`);
  }
}

function listDates(scene: Scene): readonly string[] {
  return [...new Set(scene.runs.flatMap(({ logicalDates }) => logicalDates))];
}

/** What the last run must not change. */
export function takeStock(world: SweepWorld): string {
  const objects = [...world.objects()].map(([key, { body }]) => `${key} ${hash(body)}`);
  return [`${world.simulator.requests} requests`, ...objects.toSorted()].join("\n");
}

function hash(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
