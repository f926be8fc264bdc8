/** A backfill ends with its last run, also when the event of its end cannot be written. */
import { expect, test } from "vitest";
import type { GuardedThing, StepGuard } from "../../../scheduler/engine/step-guard.ts";
import { NO_GUARD } from "../../../scheduler/engine/step-guard.ts";
import { endFinishedBackfills } from "../../../scheduler/runs/end-backfills.ts";
import { insertBackfill } from "../../../state/runs/backfills.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { openTestWorld } from "../../support/test-world.ts";

const AT = new Date("2026-11-23T09:00:00.000Z");

async function openBackfill() {
  const world = await openTestWorld();
  const { database, lake } = world;
  await world.makeRunFacts("2026-11-01T00:00:00Z");
  await database.write((query) => {
    const { backfillId } = insertBackfill(
      query,
      {
        lake: lake.id,
        dagId: "test_dag",
        fromDate: "2026-11-01T00:00:00.000Z",
        toDate: "2026-11-02T00:00:00.000Z",
        reprocess: "none",
        isRefetch: false,
        maxActive: 1,
      },
      AT,
    );
    query.run(sql`UPDATE dag_runs SET backfill_id = ${backfillId}`);
  });
  const end = (guard: StepGuard) => database.write((query) => endFinishedBackfills(query, AT, "UTC", guard));
  return {
    end,
    endRuns: () => database.write((query) => query.run(sql`UPDATE dag_runs SET state = 'success'`)),
    state: () => database.get<{ state: string }>(sql`SELECT state FROM backfills`)?.state,
    events: () =>
      database.all(sql`SELECT level, kind, message, dag_id FROM events WHERE kind = 'backfill_done'`),
  };
}

test("not while one of its runs is open; then once, with an event", async () => {
  const { end, endRuns, state, events } = await openBackfill();
  await end(NO_GUARD);
  expect([state(), events()]).toEqual(["running", []]);
  await endRuns();
  await end(NO_GUARD);
  await end(NO_GUARD);
  expect(state()).toBe("done");
  expect(events()).toEqual([
    {
      level: "info",
      kind: "backfill_done",
      message: "The backfill of test_dag is done.",
      dag_id: "test_dag",
    },
  ]);
});

test("what is given up is its event, not its end", async () => {
  const { end, endRuns, state, events } = await openBackfill();
  await endRuns();
  const given: GuardedThing[] = [];
  await end({
    ...NO_GUARD,
    thing: (thing) => {
      given.push(thing);
      thing.giveUp();
      return undefined;
    },
  });
  expect(given).toMatchObject([
    { what: "The backfill of test_dag cannot be ended normally", dagId: "test_dag" },
  ]);
  expect([state(), events()]).toEqual(["done", []]);
});
