/** The facts that the service keeps for health and readiness: unwritten steps, and an unreadable lease. */
import { expect, test } from "vitest";
import { createServiceState } from "../../../app/service/service-state.ts";
import { silentObserver } from "../../../model/ports/service-observer.ts";
import { judgeHealth, judgeReadiness } from "../../../app/service/health.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { createHandClock } from "../../support/hand-clock.ts";
import { openTestWorld } from "../../support/test-world.ts";

test("a scheduler is not ready from the first step that cannot be written to the next one that is", async () => {
  const { database } = await openTestWorld();
  const clock = createHandClock();
  const state = createServiceState(database, clock, silentObserver);
  const writes = () => judgeReadiness(state.facts()).checks["writes"];
  expect(writes()?.ok).toBe(true);
  state.observer.stepEnded("a first reason");
  await clock.advance(60_000);
  state.observer.stepEnded("another reason");
  await clock.advance(30_000);
  await database.write(() => undefined);
  expect(writes()).toEqual({
    ok: false,
    detail: "no step of the scheduler could be written for 90 s: another reason",
  });
  state.observer.stepEnded(null);
  expect(writes()?.ok).toBe(true);
});

test("a lease that cannot be read is no lease, and the check says why", async () => {
  const { database } = await openTestWorld();
  const state = createServiceState(database, createHandClock(), silentObserver);
  state.setRole("active");
  await database.write((query) => {
    query.run(sql`DROP TABLE lease`);
  });
  const { lease } = judgeHealth(state.facts()).checks;
  expect(lease).toEqual({ ok: false, detail: "could not be read: no such table: lease" });
});
