/** The stream of changes: what is committed arrives, a client that comes back misses nothing, and what cannot be had is said. */
import { describe, expect, test } from "vitest";
import { sql, type Sql } from "../../../state/sqlite/statement.ts";
import { readServerEvents, type ServerEvents } from "../../support/web/read-server-events.ts";
import { openReadWorld, type ReadWorld } from "../../support/web/read-world.ts";

const AT = "2026-11-22T09:00:00.000Z";

async function listen(
  world: ReadWorld,
  search = "",
  headers: Readonly<Record<string, string>> = {},
): Promise<ServerEvents> {
  return readServerEvents(await world.askStream(`/api/dagmar/stream${search}`, headers));
}

async function addEvents(world: ReadWorld, ...messages: readonly string[]): Promise<void> {
  await world.write((query) => {
    for (const message of messages) {
      query.run(
        sql`INSERT INTO events (at, at_local, level, kind, dag_id, message, data)
            VALUES (${AT}, ${AT}, 'warn', 'clock_jump', ${message.split(" ")[0]}, ${message}, '{"rows":3}')`,
      );
    }
  });
}

const nextMessages = async (stream: ServerEvents, count: number): Promise<readonly unknown[]> => {
  const messages: unknown[] = [];
  while (messages.length < count) messages.push((await stream.next("event"))?.data["message"]);
  return messages;
};

describe("the stream", () => {
  test("begins with the scheduler's life, and is not held back by caches and proxies", async () => {
    const world = await openReadWorld();
    const stream = await listen(world);
    expect(stream).toMatchObject({
      headers: {
        "Content-Type": "text/event-stream; charset=utf-8",
        "Cache-Control": "no-store",
        "X-Accel-Buffering": "no",
      },
    });
    expect((await stream.next("heartbeat"))?.data).toEqual({
      scheduler_alive: false,
      heartbeat_at: null,
      now: world.clock.now().toISOString(),
    });
  });

  test("says that something changed, and gives each event once with its number", async () => {
    const world = await openReadWorld();
    await addEvents(world, "daily before");
    const changes = await listen(world, "?topics=change");
    const stream = await listen(world, "?topics=event");
    await Promise.all([changes, stream].map((one) => one.next("heartbeat")));
    await addEvents(world, "daily one", "other two");
    expect((await changes.next("change"))?.data).toEqual({ version: expect.any(Number) as number });
    expect(await stream.next("event"))?.toEqual({
      event: "event",
      id: "2",
      data: {
        event_id: 2,
        at: AT,
        level: "warn",
        kind: "clock_jump",
        dag_id: "daily",
        run_id: null,
        task_id: null,
        message: "daily one",
        data: { rows: 3 },
      },
    });
    expect((await stream.next("event"))?.id).toBe("3");
  });

  test.each([
    ["?dag_id=other", ["other two", "other four"]],
    ["?topics=event", ["daily one", "other two", "daily three", "other four"]],
  ])("with %s gives those events", async (search, messages) => {
    const world = await openReadWorld();
    const stream = await listen(world, search);
    await stream.next("heartbeat");
    await addEvents(world, "daily one", "other two", "daily three", "other four");
    expect(await nextMessages(stream, messages.length)).toEqual(messages);
  });

  test("with topics=change gives no events", async () => {
    const world = await openReadWorld();
    const stream = await listen(world, "?topics=change");
    await stream.next("heartbeat");
    await addEvents(world, "daily one");
    await stream.next("change");
    await addEvents(world, "daily two");
    await stream.next("change");
    await expect(
      Promise.race([stream.next("event"), stream.next("change"), world.clock.sleep(1_500)]),
    ).resolves.toBe(undefined);
  });
});

type ComeBack = readonly [search: string, headers?: Readonly<Record<string, string>>];

describe("a client that comes back", () => {
  test.each([
    ["with Last-Event-ID", (id: string): ComeBack => ["", { "last-event-id": id }]],
    ["with ?after=", (id: string): ComeBack => [`?after=${id}`]],
  ])("%s gets what it missed, once, however much it is", async (_, comeBack) => {
    const world = await openReadWorld();
    const first = await listen(world);
    await first.next("heartbeat");
    await addEvents(world, "daily one");
    await first.next("event");
    first.close();
    const missed = Array.from({ length: 450 }, (__, place) => `daily ${place}`);
    await addEvents(world, ...missed);
    const second = await listen(world, ...comeBack(first.lastId));
    await addEvents(world, "daily later");
    expect(await nextMessages(second, 451)).toEqual([...missed, "daily later"]);
  });

  test("after it heard of nothing gets what came meanwhile", async () => {
    const world = await openReadWorld();
    await addEvents(world, "daily before");
    const first = await listen(world);
    await first.next("heartbeat");
    first.close();
    await addEvents(world, "daily one");
    const second = await listen(world, "", { "last-event-id": first.lastId });
    expect(await nextMessages(second, 1)).toEqual(["daily one"]);
  });

  test.each<readonly [string, string, Sql]>([
    ["events that were pruned", "1", sql`DELETE FROM events WHERE event_id = 2`],
    ["a number that this database has not given", "7", sql`DELETE FROM events WHERE event_id = 7`],
    [
      "more than ten thousand",
      "1",
      sql`INSERT INTO events (at, at_local, level, kind, message) SELECT ${AT}, ${AT}, 'info', 'clock_jump', 'x'
          FROM json_each(${`[${"0,".repeat(10_000)}0]`})`,
    ],
  ])("and missed %s reads its page again, once", async (_, id, change) => {
    const world = await openReadWorld();
    await addEvents(world, "daily one", "daily two", "daily three");
    await world.write((query) => {
      query.run(change);
    });
    const stream = await listen(world, "", { "last-event-id": id });
    const resync = await stream.next("resync");
    await stream.next("heartbeat");
    await addEvents(world, "daily later");
    const later = await stream.next("event");
    expect(later?.data["message"]).toBe("daily later");
    expect(Number(later?.id)).toBe(Number(resync?.data["newest"]) + 1);
    // It continues from there, now and when it comes back.
    expect(stream.names.filter((name) => name === "resync")).toEqual(["resync"]);
    stream.close();
    const again = await listen(world, "", { "last-event-id": stream.lastId });
    await addEvents(world, "daily last");
    expect(await nextMessages(again, 1)).toEqual(["daily last"]);
    expect(again.names).not.toContain("resync");
  });
});
