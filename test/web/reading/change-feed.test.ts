/** The feed of changes: who waits is woken by a change, by the time or by its signal, and leaves nothing behind. */
import { setImmediate as yieldToEvents } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { createChangeFeed, type ChangeFeed } from "../../../web/reading/change-feed.ts";
import { countHeld } from "../../support/count-held.ts";
import { createHandClock, type HandClock } from "../../support/hand-clock.ts";

const LOOK_MS = 250;

function openFeed(): { feed: ChangeFeed; clock: HandClock; change: () => void; looks: () => number } {
  const clock = createHandClock();
  let seen = 1;
  let looks = 0;
  const look = (): Promise<number> => {
    looks += 1;
    return Promise.resolve(seen);
  };
  return {
    feed: createChangeFeed(look, clock),
    clock,
    change: () => {
      seen += 1;
    },
    looks: () => looks,
  };
}

describe("a wait", () => {
  test("ends with the version after a change", async () => {
    const { feed, clock, change } = openFeed();
    const before = await feed.look();
    const waits = [1, 2].map(() => feed.wait(before, 60_000, new AbortController().signal));
    change();
    await clock.advance(LOOK_MS);
    expect(await Promise.all(waits)).toEqual([before + 1, before + 1]);
  });

  test("for an older version ends at once", async () => {
    const { feed, change } = openFeed();
    const before = await feed.look();
    change();
    const after = await feed.look();
    expect(await feed.wait(before, 60_000, new AbortController().signal)).toBe(after);
  });

  test("without a change ends with the same version when its time is over, and then the database is not looked at", async () => {
    const { feed, clock, looks } = openFeed();
    const before = await feed.look();
    const wait = feed.wait(before, 1_000, new AbortController().signal);
    await clock.advance(1_000);
    expect(await wait).toBe(before);
    await clock.advance(LOOK_MS);
    const counted = looks();
    await clock.advance(60_000);
    expect(looks()).toBe(counted);
  });

  test("rejects with its signal", async () => {
    const { feed } = openFeed();
    const gone = new AbortController();
    const wait = feed.wait(await feed.look(), 60_000, gone.signal);
    gone.abort(new Error("the canary"));
    await expect(wait).rejects.toThrow("the canary");
    await expect(feed.wait(await feed.look(), 60_000, gone.signal)).rejects.toThrow("the canary");
  });

  test("leaves nothing on its signal, however often a stream waits", async () => {
    const { feed, clock, change } = openFeed();
    const stream = new AbortController();
    let version = await feed.look();
    for (let round = 0; round < 20; round += 1) {
      const wait = feed.wait(version, 60_000, stream.signal);
      if (round % 2 === 0) change();
      await clock.advance(round % 2 === 0 ? LOOK_MS : 60_000);
      version = await wait;
    }
    expect(countHeld(stream.signal)).toBe(0);
    await yieldToEvents();
    await clock.advance(LOOK_MS);
    expect(clock.sleepers).toBe(0);
  });
});
