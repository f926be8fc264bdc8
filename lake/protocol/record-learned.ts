/**
 * The events for the result of one comparison with the lake: objects that were adopted, are gone, belong to no task, or
 * hold ids twice.
 */
import type { EventLevel, EventLog } from "../../model/ports/event-log.ts";
import { countNoun } from "../../model/text/count-noun.ts";

/** The task for which the lake is compared; none if a user asked for it. */
export interface Learner {
  readonly dagId?: string;
  readonly runId?: string;
  readonly taskId?: string;
}

/** The result for one prefix. */
export interface Lesson {
  /** Adopted. */
  readonly objects: number;
  readonly ids: number;
  readonly doubledIds: number;
  /** Ids without an object, which only a manifest lists. */
  readonly decidedIds: number;
  /** Of `objects`: those that only a manifest listed. */
  readonly byManifest: number;
  /** Ids that were stored only in objects that are gone. */
  readonly lostIds: number;
  readonly missingKeys: readonly string[];
  readonly replacedKeys: readonly string[];
  /** Neither metadata nor a manifest shows that they are ours. */
  readonly unclaimedKeys: readonly string[];
  readonly contradictedKeys: readonly string[];
  /** In the store although a user removed them. */
  readonly removedKeys: readonly string[];
  /** Removed by hand, which only the lake told. */
  readonly learntKeys: readonly string[];
}

const KEYS_IN_AN_EVENT = 20;

export async function recordLearned(
  events: EventLog,
  learner: Learner,
  where: { readonly lakeId: string; readonly prefix: string },
  lesson: Lesson,
): Promise<void> {
  const { lakeId, prefix } = where;
  const { objects, ids, doubledIds, decidedIds, byManifest, lostIds } = lesson;
  const below = `below ${prefix === "" ? lakeId : prefix}`;

  async function tell(
    level: EventLevel,
    kind: string,
    message: string,
    data: Readonly<Record<string, string | number | readonly string[]>>,
  ): Promise<void> {
    await events.record({ ...learner, level, kind, message, data: { lake: lakeId, prefix, ...data } });
  }
  async function describeKeys(
    level: EventLevel,
    kind: string,
    keys: readonly string[],
    message: (keys: string) => string,
    data: Readonly<Record<string, string | number>> = {},
  ): Promise<void> {
    if (keys.length === 0) return;
    const text = keys.length === 1 ? `1 object (${keys[0]})` : `${keys.length} objects (such as ${keys[0]})`;
    await tell(level, kind, message(text), {
      ...data,
      objects: keys.length,
      keys: keys.slice(0, KEYS_IN_AN_EVENT),
    });
  }

  await describeKeys(
    "error",
    "objects_missing",
    lesson.missingKeys,
    (keys) =>
      `The database lists ${keys} ${below} that the lake no longer holds.${describeLost(lostIds)} \`dagmar lake verify\` names what is still missing.`,
    { code: "LAKE_CORRUPT", ids: lostIds },
  );
  await describeKeys(
    "error",
    "objects_replaced",
    lesson.replacedKeys,
    (keys) => `The lake holds other bytes than recorded at ${keys} ${below}.${describeLost(lostIds)}`,
    { code: "LAKE_CORRUPT", ids: lostIds },
  );
  if (objects > 0) {
    const proof = byManifest === 0 ? "" : ` A manifest lists ${byManifest} of them without metadata.`;
    await tell(
      "warn",
      "objects_adopted",
      `Found ${countNoun(objects, "object")} ${below} that the database did not know, with ${countNoun(ids, "id")}: now counted as stored.${proof}`,
      { objects, ids, doubled_ids: doubledIds, by_manifest: byManifest },
    );
  }
  if (decidedIds > 0) {
    await tell(
      "info",
      "decisions_learnt",
      `Manifests ${below} list ${countNoun(decidedIds, "id")} that ${decidedIds === 1 ? "was" : "were"} not found or failed before: now counted as asked.`,
      { ids: decidedIds },
    );
  }
  await describeKeys(
    "warn",
    "objects_unclaimed",
    lesson.unclaimedKeys,
    (keys) =>
      `Found ${keys} ${below} without Dagmar's metadata and in no manifest. Nothing was changed there, and none of it counts as stored.`,
  );
  await describeKeys(
    "error",
    "objects_contradicted",
    lesson.contradictedKeys,
    (keys) =>
      `A manifest lists ${keys} ${below} with other bytes than the lake holds. Nothing was changed there, and none of it counts as stored.`,
    { code: "LAKE_CORRUPT" },
  );
  await describeKeys(
    "info",
    "removals_learnt",
    lesson.learntKeys,
    (keys) => `The lake records that users removed ${keys} ${below}. Their ids are left out.`,
  );
  await describeKeys(
    "warn",
    "removed_found",
    lesson.removedKeys,
    (keys) =>
      `The lake holds ${keys} ${below} although a user removed it. It is left out. \`dagmar lake rm KEY --why …\` removes it again; with --undo it counts again.`,
  );
  if (doubledIds > 0) {
    await tell(
      "error",
      "ids_doubled",
      `Ids stored in two objects ${below}: ${doubledIds}. \`dagmar lake verify\` lists them.`,
      { ids: doubledIds },
    );
  }
}

function describeLost(ids: number): string {
  return ids === 0 ? "" : ` Ids to ask again, because they were stored only there: ${ids}.`;
}
