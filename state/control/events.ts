/** Writes events: rows that people can look up later, and lines in the log at once. */
import type { Clock } from "../../model/ports/clock.ts";
import type { Event, EventLog } from "../../model/ports/event-log.ts";
import { formatLocal } from "../../model/time/local-time.ts";
import type { Logger } from "../../model/ports/logger.ts";
import type { Database } from "../sqlite/database.ts";
import type { Query } from "../sqlite/query.ts";
import { hasRunId } from "../runs/run-id.ts";
import { insertInto, sql } from "../sqlite/statement.ts";

/** Call it inside the caller's transaction. The local time is in the run's zone; without a run, in `timezone`. */
export function insertEvent(query: Query, event: Event, now: Date, timezone: string): void {
  const zone = findRunZone(query, event) ?? timezone;
  const row = {
    at: now.toISOString(),
    at_local: formatLocal(now, zone),
    level: event.level,
    kind: event.kind,
    dag_id: event.dagId,
    run_id: event.runId,
    task_id: event.taskId,
    message: event.message,
    data: event.data === undefined ? null : JSON.stringify(event.data),
  };
  query.run(insertInto("events", row));
}

/** 0 if there is none. */
export function findLastEvent(query: Query): number {
  return query.one<{ last: number }>(sql`SELECT coalesce(max(event_id), 0) AS last FROM events`).last;
}

/** Records who asked for what the events after `last` tell. */
export function signEvents(query: Query, last: number, requestedBy: string): void {
  query.run(sql`UPDATE events SET requested_by = ${requestedBy} WHERE event_id > ${last}`);
}

function findRunZone(query: Query, { dagId, runId }: Event): string | undefined {
  if (dagId === undefined || runId === undefined) return undefined;
  const run = sql`SELECT timezone FROM dag_runs WHERE dag_id = ${dagId} AND ${hasRunId(runId)}`;
  return query.get<{ timezone: string }>(run)?.timezone;
}

export function createEventLog(database: Database, clock: Clock, log: Logger, timezone: string): EventLog {
  return {
    async record(event) {
      log[event.level](event.message, {
        event: event.kind,
        dag: event.dagId,
        task: event.taskId,
        ...event.data,
      });
      await database.write((query) => {
        insertEvent(query, event, clock.now(), timezone);
      });
    },
  };
}
