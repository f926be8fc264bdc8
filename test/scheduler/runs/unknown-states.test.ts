/** Rows of a newer version, at a take-over and in a turn: a run fails with the reason, other rows are repaired with an event. */
import { expect, test } from "vitest";
import { createCarefulGuard, NO_GUARD } from "../../../scheduler/engine/step-guard.ts";
import { clearUnknownStates, watchUnknownStates } from "../../../scheduler/runs/unknown-states.ts";
import { insertRequest } from "../../../state/control/requests.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { makeChain, openEngineWorld } from "../engine-world.ts";

async function openWorld() {
  const world = await openEngineWorld({ a: () => ({}) });
  const { database, clock } = world;
  const run = await world.makeRun(makeChain({ taskId: "a" }));
  return {
    run,
    database,
    now: clock.now(),
    invent: (table: "dag_runs" | "requests") =>
      database.write((query) => {
        if (table === "dag_runs") query.run(sql`UPDATE dag_runs SET state = 'pondering'`);
        else {
          insertRequest(query, { kind: "prune", payload: {}, requestedBy: "test" }, clock.now());
          query.run(sql`UPDATE requests SET state = 'pondered'`);
        }
      }),
    state: () => database.all<{ state: string }>(sql`SELECT state FROM dag_runs`)[0]?.state,
    events: () =>
      database.all<{ level: string; kind: string; message: string }>(
        sql`SELECT level, kind, message FROM events ORDER BY event_id`,
      ),
  };
}

const UNUSABLE = {
  level: "error",
  kind: "run_unusable",
  message: expect.stringContaining(
    'it is in the state "pondering", which this version does not know',
  ) as never,
};
const REPAIRED = {
  level: "error",
  kind: "state_unknown",
  message: 'Request 1 (prune) is refused: it was in the state "pondered", which this version does not know.',
};

test("the next holder of the lease fails the run and repairs the request", async () => {
  const { database, now, invent, state, events } = await openWorld();
  await invent("dag_runs");
  await invent("requests");
  await database.write((query) => clearUnknownStates(query, now, "UTC"));
  expect(state()).toBe("failed");
  expect(events()).toEqual([UNUSABLE, REPAIRED]);
});

test("a turn tells whether there was anything, and passes runs to its guard", async () => {
  const { database, now, invent, state, events, run } = await openWorld();
  const watch = (): Promise<{ found: boolean; givenUp: readonly (readonly [number, string])[] }> =>
    database.write((query) => {
      const givenUp: [number, string][] = [];
      const guard = createCarefulGuard(query, {
        run: (dagRunId, error) => givenUp.push([dagRunId, String(error)]),
        thing: () => expect.fail("no thing is guarded here"),
      });
      return { found: watchUnknownStates(query, now, "UTC", guard), givenUp };
    });
  expect(await watch()).toEqual({ found: false, givenUp: [] });
  expect(events()).toEqual([]);

  await invent("requests");
  expect(await watch()).toEqual({ found: true, givenUp: [] });
  expect(events()).toEqual([REPAIRED]);
  expect(await watch()).toEqual({ found: false, givenUp: [] });

  await invent("dag_runs");
  expect(await watch()).toEqual({
    found: true,
    givenUp: [[run.dagRunId, 'Error: it is in the state "pondering", which this version does not know']],
  });
  expect(state(), "the guard decides").toBe("pondering");
  await expect(database.write((query) => watchUnknownStates(query, now, "UTC", NO_GUARD))).rejects.toThrow(
    'it is in the state "pondering"',
  );
});
