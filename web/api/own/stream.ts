/** What changes, as Server-Sent Events: that the database changed, every event of it, and whether a scheduler is alive. */
import { z } from "zod";
import { readSchedulerLife } from "../../../app/service/scheduler-life.ts";
import { findLastEvent } from "../../../state/control/events.ts";
import { hasEveryEventSince, listNewEvents } from "../../../state/pages/event-feed.ts";
import type { EventEntry } from "../../../state/pages/event-page.ts";
import { EVENT_STREAM_TYPE, replyEventStream, writeServerEvent } from "../event-stream.ts";
import { defineRoute, several, type ReadTools } from "../route.ts";
import { dagId } from "../v2/known-dag.ts";

const TOPICS = ["change", "event"] as const;
type Topic = (typeof TOPICS)[number];

const HEARTBEAT_MS = 15_000;
/** Between two events `change`. */
const CHANGE_EVERY_MS = 500;
const EVENTS_AT_ONCE = 200;
/** A client that missed more reads its page again instead. */
const MOST_MISSED = 10_000;

export const getStream = defineRoute({
  operationId: "get_stream",
  method: "GET",
  path: "/api/dagmar/stream",
  tag: "Dagmar",
  summary:
    "Server-Sent Events: `change` when the database has changed, `event` for each event with its number as id, " +
    "`heartbeat` every 15 seconds. With Last-Event-ID it continues after that event; `resync` says that it cannot.",
  params: {},
  search: {
    topics: several(z.enum(TOPICS)).describe("Both without it. A heartbeat comes always."),
    dag_id: dagId.optional().describe("Only events of this Dag."),
    after: z.coerce
      .number()
      .int()
      .min(0)
      .optional()
      .describe("As Last-Event-ID, for clients that cannot set it."),
  },
  answerType: EVENT_STREAM_TYPE,
  answer: z.string(),
  handle(tools, { search }) {
    const topics = new Set<Topic>(search.topics ?? TOPICS);
    const given = readLastId(tools.lastEventId) ?? search.after;
    const start = findStart(tools, given);
    return replyEventStream((signal) => follow(tools, { ...start, topics, dagId: search.dag_id }, signal));
  },
});

function readLastId(header: string): number | undefined {
  return /^\d{1,15}$/.test(header) ? Number(header) : undefined;
}

interface Start {
  /** Events up to this one are known to the client. */
  readonly after: number;
  readonly isResync: boolean;
}

function findStart({ query }: ReadTools, given: number | undefined): Start {
  const newest = findLastEvent(query);
  if (given === undefined) return { after: newest, isResync: false };
  const isComplete = hasEveryEventSince(query, given, MOST_MISSED);
  return { after: isComplete ? given : newest, isResync: !isComplete };
}

interface Subscription extends Start {
  readonly topics: ReadonlySet<Topic>;
  readonly dagId: string | undefined;
}

async function* follow(
  { live }: ReadTools,
  { topics, dagId: ofDag, isResync, ...start }: Subscription,
  signal: AbortSignal,
): AsyncGenerator<string, never> {
  const { clock, feed } = live;
  const writeHeartbeat = (): Promise<string> =>
    live.read((query) => {
      const { isAlive, heartbeatAt } = readSchedulerLife(query, clock.now());
      const data = { scheduler_alive: isAlive, heartbeat_at: heartbeatAt, now: clock.now().toISOString() };
      return writeServerEvent("heartbeat", data);
    });
  let { after } = start;
  let seen = await feed.look();
  let quietUntilMs = 0;
  // With the id, so that a client that comes back asks from here even if nothing has happened.
  if (isResync) yield writeServerEvent("resync", { newest: after }, after);
  else yield `id: ${after}\n: at work\n\n`;
  yield await writeHeartbeat();
  let heartbeatMs = clock.monotonicMs() + HEARTBEAT_MS;
  for (;;) {
    if (topics.has("event")) {
      for (let isMore = true; isMore;) {
        const found = await live.read((query) =>
          listNewEvents(query, { after, dagId: ofDag, limit: EVENTS_AT_ONCE }),
        );
        after = found.upTo;
        isMore = found.events.length === EVENTS_AT_ONCE;
        if (found.events.length > 0) yield found.events.map(writeEvent).join("");
      }
    }
    if (quietUntilMs > clock.monotonicMs()) await clock.sleep(quietUntilMs - clock.monotonicMs(), signal);
    const found = await feed.wait(seen, Math.max(0, heartbeatMs - clock.monotonicMs()), signal);
    if (found !== seen) {
      seen = found;
      quietUntilMs = clock.monotonicMs() + CHANGE_EVERY_MS;
      if (topics.has("change")) yield writeServerEvent("change", { version: seen });
    }
    if (clock.monotonicMs() >= heartbeatMs) {
      yield await writeHeartbeat();
      heartbeatMs = clock.monotonicMs() + HEARTBEAT_MS;
    }
  }
}

function writeEvent({ eventId, at, level, kind, message, data, ...about }: EventEntry): string {
  return writeServerEvent(
    "event",
    {
      event_id: eventId,
      at,
      level,
      kind,
      dag_id: about.dagId,
      run_id: about.runId,
      task_id: about.taskId,
      message,
      data: data === null ? null : (JSON.parse(data) as unknown),
    },
    eventId,
  );
}
