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

async function tell(lesson: Partial<Lesson>): Promise<readonly string[]> {
  const messages: string[] = [];
  await recordLearned(
    {
      record: (event: Event) => {
        messages.push(event.message);
        return Promise.resolve();
      },
    },
    { dagId: "d", runId: "r", taskId: "t" },
    { lakeId: "file:/lake", prefix: "Raw/" },
    { ...NOTHING, ...lesson },
  );
  return messages;
}

const LOST =
  "The database lists 1 object (Raw/a) below Raw/ that the lake no longer holds. IDS`dagmar lake verify` names what is still missing.";
const ADOPTED = "Found N below Raw/ that the database did not know, with M: now counted as stored.";

test.each<[Partial<Lesson>, string]>([
  [{ objects: 1 }, ADOPTED.replace("N", "1 object").replace("M", "0 ids")],
  [{ objects: 1, ids: 1 }, ADOPTED.replace("N", "1 object").replace("M", "1 id")],
  [{ objects: 2, ids: 50 }, ADOPTED.replace("N", "2 objects").replace("M", "50 ids")],
  [
    { objects: 2, ids: 50, byManifest: 1 },
    `${ADOPTED.replace("N", "2 objects").replace("M", "50 ids")} A manifest lists 1 of them without metadata.`,
  ],
  [{ missingKeys: ["Raw/a"] }, LOST.replace("IDS", "")],
  [
    { missingKeys: ["Raw/a"], lostIds: 1 },
    LOST.replace("IDS", "Ids to ask again, because they were stored only there: 1. "),
  ],
  [{ replacedKeys: ["Raw/a"] }, "The lake holds other bytes than recorded at 1 object (Raw/a) below Raw/."],
  [{ doubledIds: 1 }, "Ids stored in two objects below Raw/: 1. `dagmar lake verify` lists them."],
])("%j", async (lesson, message) => {
  expect(await tell(lesson)).toEqual([message]);
});
