/** What a command reports when a scheduler does not answer, for each state of its request. */
import { expect, test } from "vitest";
import { askScheduler } from "../../app/ask-scheduler.ts";
import { systemClock } from "../../cli/process/system-clock.ts";
import { beginRequest, listOpenRequests, abandonRequests } from "../../state/control/requests.ts";
import { sql } from "../../state/sqlite/statement.ts";
import { openTestWorld } from "../support/test-world.ts";

async function openAsking() {
  const { database } = await openTestWorld();
  await database.write((query) =>
    query.run(
      sql`UPDATE lease SET purpose = 'scheduler', expires_at = '2999-01-01T00:00:00.000Z', pid = 1, host = 'x'`,
    ),
  );
  const stopping = new AbortController();
  const answer = askScheduler(
    { clock: systemClock, user: "test" },
    database,
    { kind: "prune" },
    stopping.signal,
  );
  answer.catch(() => undefined);
  const [request] = await untilAsked();
  if (request === undefined) throw new Error("nothing was asked");
  return { database, stopping, answer, requestId: request.requestId };

  async function untilAsked() {
    for (let look = 0; look < 1_000; look += 1) {
      const open = listOpenRequests(database);
      if (open.length > 0) return open;
      await new Promise(setImmediate);
    }
    return [];
  }
}

test("Ctrl-C takes back what has not begun", async () => {
  const { database, stopping, answer } = await openAsking();
  stopping.abort();
  await expect(answer).rejects.toMatchObject({
    code: "INTERRUPTED",
    message: "The request was withdrawn; nothing was done.",
  });
  expect(listOpenRequests(database)).toEqual([]);
});

test("what has begun cannot be taken back, and is not said to be", async () => {
  const { database, stopping, answer, requestId } = await openAsking();
  await database.write((query) => beginRequest(query, requestId));
  stopping.abort();
  await expect(answer).rejects.toMatchObject({
    code: "INTERRUPTED",
    message: "The scheduler has begun and continues it.",
  });
});

test("a scheduler that stops is reported, and one that finds a request already begun", async () => {
  const { database, answer, requestId } = await openAsking();
  await database.write((query) => {
    beginRequest(query, requestId);
    abandonRequests(query);
  });
  await expect(answer).rejects.toMatchObject({ code: "NO_SCHEDULER" });
  const other = await openAsking();
  await other.database.write((query) => query.run(sql`UPDATE lease SET expires_at = NULL`));
  await expect(other.answer).rejects.toMatchObject({ code: "NO_SCHEDULER" });
});
