/**
 * The life of a request: it is answered once, can be withdrawn before it has begun, and does not stay after a dead
 * scheduler.
 */
import { expect, test } from "vitest";
import {
  abandonRequests,
  answerRequest,
  beginRequest,
  insertRequest,
  listOpenRequests,
  readAnswer,
  withdrawRequest,
} from "../../../state/control/requests.ts";
import { openTestWorld } from "../../support/test-world.ts";

/** Requests that are open, begun and done. */
async function openRequests() {
  const { database, clock } = await openTestWorld();
  const now = clock.now();
  const [open, begun, done] = await database.write((query) => {
    const insert = () => insertRequest(query, { kind: "prune", payload: {}, requestedBy: "test" }, now);
    const ids = [insert(), insert(), insert()] as const;
    beginRequest(query, ids[1]);
    answerRequest(query, ids[2], "done", { first: true }, now);
    return ids;
  });
  const states = () => [open, begun, done].map((id) => readAnswer(database, id).state);
  return { database, now, open, begun, done, states };
}

test("an open one can be withdrawn; one that has begun or is answered cannot", async () => {
  const { database, open, begun, done, states } = await openRequests();
  const withdrawn = await database.write((query) =>
    [open, begun, done].map((id) => withdrawRequest(query, id)),
  );
  expect(withdrawn).toEqual([true, false, false]);
  expect(states()).toEqual(["withdrawn", "begun", "done"]);
  expect(listOpenRequests(database)).toEqual([]);
});

test("one that has begun is withdrawn when its scheduler is gone; an open one waits for the next", async () => {
  const { database, states } = await openRequests();
  await database.write((query) => abandonRequests(query));
  expect(states()).toEqual(["open", "withdrawn", "done"]);
});

test("one is answered once: a second answer or a late beginning does not change it", async () => {
  const { database, now, begun, done, states } = await openRequests();
  await database.write((query) => {
    beginRequest(query, done);
    answerRequest(query, done, "refused", { second: true }, now);
    answerRequest(query, begun, "refused", { only: true }, now);
  });
  expect(states()).toEqual(["open", "refused", "done"]);
  expect([begun, done].map((id) => readAnswer(database, id).answer)).toEqual([
    { only: true },
    { first: true },
  ]);
});
