/**
 * Titles at which TMDB always fails, compared with a TMDB that fails completely: the first are no sign of the second.
 */
import { describe, expect, test } from "vitest";
import { sql } from "../../state/sqlite/statement.ts";
import { failure, makeIds, openTmdbWorld, type TmdbWorld } from "./tmdb-world.ts";

const IDS = makeIds(240);

async function openBad(bad: readonly string[], answers: readonly ("status" | "reset" | "html" | "array")[]) {
  const world = await openTmdbWorld();
  bad.forEach((id, index) => {
    const kind = answers[index % answers.length] ?? "status";
    world.tmdb.faults.push({ when: { id }, play: kind === "status" ? { kind, status: 500 } : { kind } });
  });
  return world;
}

const listFailed = (world: TmdbWorld): readonly unknown[] =>
  world.database
    .all<{ asked_id: string }>(
      sql`SELECT asked_id FROM processed_ids WHERE outcome = 'failed' ORDER BY asked_id`,
    )
    .map((row) => row.asked_id);

describe("40 of 240 titles that fail for ever", () => {
  test.each([
    ["spread over the CSV", (index: number) => index % 6 === 2, ["status"]],
    ["at its beginning", (index: number) => index < 40, ["status"]],
    ["at its end", (index: number) => index >= 200, ["status"]],
    [
      "in its middle, with all kinds of failures",
      (index: number) => index >= 90 && index < 130,
      ["status", "reset", "html"],
    ],
  ] as const)(
    "%s: day after day each is asked, kept within max_failed, and the run succeeds",
    async (_, isBad, kinds) => {
      const bad = IDS.filter((_id, index) => isBad(index));
      const world = await openBad(bad, kinds);
      const written = { max_failed: 60 };
      for (const [day, stored] of [
        ["01", 200],
        ["02", 0],
        ["03", 0],
      ] as const) {
        world.tmdb.reset();
        const startedMs = performance.now();
        const run = await world.makeRunFacts(`2026-11-${day}T09:00:00Z`);
        const output = await world.ask(run, { ids: IDS, written });
        expect(output).toMatchObject({
          asked: 240,
          stored,
          already_stored: 200 - stored,
          failed: 40,
          remaining: 0,
        });
        expect(listFailed(world)).toEqual(bad);
        for (const id of bad) expect(world.tmdb.countOf(id)).toBeGreaterThan(0);
        // Retries are bounded, and so are the requests that only show whether TMDB works.
        expect(world.tmdb.requests).toBeLessThan((day === "01" ? 240 : 40) * 1.2 + 20);
        expect(performance.now() - startedMs).toBeLessThan(20_000);
      }
    },
    90_000,
  );

  test("fail the run as IDS_FAILED where max_failed is less, with every id decided", async () => {
    const world = await openBad(IDS.slice(0, 40), ["status"]);
    for (const day of ["01", "02"]) {
      const run = await world.makeRunFacts(`2026-11-${day}T09:00:00Z`);
      const error = await failure(world.ask(run, { ids: IDS, written: { max_failed: 39 } }));
      expect(error).toMatchObject({ code: "IDS_FAILED", retryable: true });
      expect(listFailed(world)).toHaveLength(40);
    }
  }, 60_000);
});
