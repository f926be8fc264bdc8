/** Health of a process that serves pages and runs nothing: whether it can read the database, and whether a scheduler is at work. */
import { describeError } from "../../model/errors.ts";
import type { Query } from "../../state/sqlite/query.ts";
import type { Check, Health } from "./health.ts";
import { readSchedulerLife } from "./scheduler-life.ts";

/** A scheduler that is missing does not make this process unhealthy: a restart would not bring it back. */
export function judgeWebHealth(query: Query, now: Date): Health {
  try {
    const { isAlive, heartbeatAt } = readSchedulerLife(query, now);
    const since = heartbeatAt === null ? "" : ` since ${heartbeatAt}`;
    return describe(
      { ok: true, detail: "can be read" },
      isAlive ? "a scheduler renews its lease" : `no scheduler is running${since}`,
    );
  } catch (error) {
    return describe({ ok: false, detail: `cannot be read: ${describeError(error)}` }, "not known");
  }
}

function describe(database: Check, scheduler: string): Health {
  return {
    status: database.ok ? "ok" : "failing",
    checks: { database, scheduler: { ok: true, detail: scheduler } },
  };
}
