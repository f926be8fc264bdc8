/** The messages about a comparison with the lake: for one object, for many, and for none. */
import { expect, test } from "vitest";
import { recordLearned, type Lesson } from "../../lake/protocol/record-learned.ts";
import type { Event } from "../../model/ports/event-log.ts";

const NOTHING: Lesson = {
  objects: 0,
  ids: 0,
  doubledIds: 0,
  decidedIds: 0,
  byManifest: 0,
  lostIds: 0,
  missingKeys: [],
  replacedKeys: [],
  unclaimedKeys: [],
  contradictedKeys: [],
  removedKeys: [],
  learntKeys: [],
};

/** Level, kind, message. */
async function tell(lesson: Partial<Lesson>, prefix = "Raw/"): Promise<readonly (readonly string[])[]> {
  const told: (readonly string[])[] = [];
  await recordLearned(
    {
      record: (event: Event) => {
        told.push([event.level, event.kind, event.message, JSON.stringify(event.data)]);
        return Promise.resolve();
      },
    },
    { dagId: "d", runId: "r", taskId: "t" },
    { lakeId: "file:/lake", prefix },
    { ...NOTHING, ...lesson },
  );
  return told;
}

const LOST =
  "The database lists 1 object (Raw/a) below Raw/ that the lake no longer holds. IDS`dagmar lake verify` names what is still missing.";
const ADOPTED = "Found N below Raw/ that the database did not know, with M: now counted as stored.";

const KEYS = { missingKeys: ["Raw/a"] };

test.each<[Partial<Lesson>, string, string, string]>([
  [{ objects: 1 }, "warn", "objects_adopted", ADOPTED.replace("N", "1 object").replace("M", "0 ids")],
  [{ objects: 1, ids: 1 }, "warn", "objects_adopted", ADOPTED.replace("N", "1 object").replace("M", "1 id")],
  [
    { objects: 2, ids: 50 },
    "warn",
    "objects_adopted",
    ADOPTED.replace("N", "2 objects").replace("M", "50 ids"),
  ],
  [
    { objects: 2, ids: 50, byManifest: 1 },
    "warn",
    "objects_adopted",
    `${ADOPTED.replace("N", "2 objects").replace("M", "50 ids")} A manifest lists 1 of them without metadata.`,
  ],
  [KEYS, "error", "objects_missing", LOST.replace("IDS", "")],
  [
    { ...KEYS, lostIds: 1 },
    "error",
    "objects_missing",
    LOST.replace("IDS", "Ids to ask again, because they were stored only there: 1. "),
  ],
  [
    { replacedKeys: ["Raw/a"] },
    "error",
    "objects_replaced",
    "The lake holds other bytes than recorded at 1 object (Raw/a) below Raw/.",
  ],
  [
    { doubledIds: 1 },
    "error",
    "ids_doubled",
    "Ids stored in two objects below Raw/: 1. `dagmar lake verify` lists them.",
  ],
  [
    { decidedIds: 1 },
    "info",
    "decisions_learnt",
    "Manifests below Raw/ list 1 id that was not found or failed before: now counted as asked.",
  ],
  [
    { decidedIds: 2 },
    "info",
    "decisions_learnt",
    "Manifests below Raw/ list 2 ids that were not found or failed before: now counted as asked.",
  ],
  [
    { unclaimedKeys: ["Raw/a", "Raw/b"] },
    "warn",
    "objects_unclaimed",
    "Found 2 objects (such as Raw/a) below Raw/ without Dagmar's metadata and in no manifest. Nothing was changed there, and none of it counts as stored.",
  ],
  [
    { contradictedKeys: ["Raw/a"] },
    "error",
    "objects_contradicted",
    "A manifest lists 1 object (Raw/a) below Raw/ with other bytes than the lake holds. Nothing was changed there, and none of it counts as stored.",
  ],
  [
    { learntKeys: ["Raw/a"] },
    "info",
    "removals_learnt",
    "The lake records that users removed 1 object (Raw/a) below Raw/. Their ids are left out.",
  ],
  [
    { removedKeys: ["Raw/a"] },
    "warn",
    "removed_found",
    "The lake holds 1 object (Raw/a) below Raw/ although a user removed it. It is left out. `dagmar lake rm KEY --why …` removes it again; with --undo it counts again.",
  ],
])("%j", async (lesson, ...expected) => {
  expect((await tell(lesson)).map((told) => told.slice(0, 3))).toEqual([expected]);
});

test("nothing to say is not said", async () => {
  expect(await tell({})).toEqual([]);
});

test("an event keeps the figures, and up to twenty keys", async () => {
  const keys = Array.from({ length: 30 }, (_, index) => `Raw/${index}`);
  const [[, , , missing = ""] = []] = await tell({ missingKeys: keys, lostIds: 7 });
  expect(JSON.parse(missing)).toEqual({
    lake: "file:/lake",
    prefix: "Raw/",
    code: "LAKE_CORRUPT",
    ids: 7,
    objects: 30,
    keys: keys.slice(0, 20),
  });
  const [[, , , adopted = ""] = []] = await tell({ objects: 3, ids: 5, doubledIds: 0, byManifest: 2 });
  expect(JSON.parse(adopted)).toMatchObject({ objects: 3, ids: 5, doubled_ids: 0, by_manifest: 2 });
  const [[, , contradicted = "", data = ""] = []] = await tell({ contradictedKeys: ["x"] }, "");
  expect(contradicted).toContain("below file:/lake with other bytes");
  expect(JSON.parse(data)).toMatchObject({ code: "LAKE_CORRUPT" });
});
