/** The stream of events over SIGKILL of the scheduler and its restart, and behind a proxy that keeps replies back until they end. */
import { expect, onTestFinished, test } from "vitest";
import { startBufferingProxy } from "../support/buffering-proxy.ts";
import {
  eventually,
  untilReady,
  useServiceWorld,
  type Scheduler,
  type ServiceWorld,
} from "../support/service-process.ts";

interface Client {
  /** The numbers of all events that came, over all connections. */
  readonly events: readonly number[];
  readonly resyncs: number;
  readonly lastId: string;
  /** Resolves when the connection has ended. */
  follow(url: string): Promise<void>;
  leave(): void;
}

/** As a browser's EventSource: it comes back with the last id that it has read. */
function createClient(): Client {
  const events: number[] = [];
  let resyncs = 0;
  let lastId = "";
  let gone = new AbortController();
  onTestFinished(() => gone.abort());

  function take(block: string): void {
    const fields = new Map(
      block.split("\n").map((line) => [line.split(":", 1)[0], line.slice(line.indexOf(":") + 2)]),
    );
    if (fields.get("event") === "event") events.push(Number(fields.get("id")));
    if (fields.get("event") === "resync") resyncs += 1;
    lastId = fields.get("id") ?? lastId;
  }

  return {
    events,
    get resyncs() {
      return resyncs;
    },
    get lastId() {
      return lastId;
    },
    async follow(url) {
      gone = new AbortController();
      const headers = lastId === "" ? {} : { "Last-Event-ID": lastId };
      try {
        const reply = await fetch(`${url}/api/dagmar/stream`, { headers, signal: gone.signal });
        let text = "";
        const decoder = new TextDecoder();
        for await (const bytes of reply.body ?? []) {
          const blocks = (text + decoder.decode(bytes as Uint8Array, { stream: true })).split("\n\n");
          text = blocks.pop() ?? "";
          for (const block of blocks) take(block);
        }
      } catch {
        // Broken off: what came in part is not counted.
      }
    },
    leave: () => gone.abort(),
  };
}

async function openWorld(): Promise<ServiceWorld> {
  const world = useServiceWorld();
  world.writeDag("once", "schedule: manual\ntasks: { one: { type: noop } }\n");
  await world.prepare(["dags", "validate"]);
  return world;
}

async function trigger({ url }: Pick<Scheduler, "url">): Promise<void> {
  await fetch(`${url}/api/v2/dags/once/dagRuns`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: "{}",
  }).catch(() => undefined);
}

const listEvents = (world: ServiceWorld, after: number): readonly number[] =>
  world
    .query<{ id: number }>("SELECT event_id AS id FROM events WHERE event_id > ? ORDER BY event_id", after)
    .map(({ id }) => id);

test("a client that comes back after each SIGKILL gets every event once, in order, and its end is no error", async () => {
  const world = await openWorld();
  const client = createClient();
  let scheduler = await world.startScheduler();
  await untilReady(scheduler);
  let following = client.follow(scheduler.url);
  await eventually("it is connected", () => client.lastId !== "", scheduler);
  const start = Number(client.lastId);
  for (let round = 0; round < 3; round += 1) {
    await Promise.all([trigger(scheduler), trigger(scheduler), trigger(scheduler)]);
    // While requests and events are under way.
    void trigger(scheduler);
    scheduler.child.kill("SIGKILL");
    await Promise.all([following, scheduler.ended]);
    // Events that no stream saw.
    await world.run(["trigger", "once", "--date", `2026-11-1${round}`]);
    scheduler = await world.startScheduler();
    await untilReady(scheduler);
    following = client.follow(scheduler.url);
  }
  const isComplete = (): boolean => client.lastId === String(listEvents(world, start).at(-1));
  await eventually("it has caught up", isComplete, scheduler);
  expect(client.events).toEqual(listEvents(world, start));
  expect(client.events.length).toBeGreaterThan(9);
  expect(client.resyncs).toBe(0);
  const { exitCode } = await scheduler.stop();
  await following;
  expect(exitCode).toBe(0);
  expect(scheduler.output()).not.toMatch(/ (?:WARN|ERROR) /);
}, 120_000);

test("behind a proxy that keeps replies back, the stream gives nothing and asking gives every event once", async () => {
  const world = await openWorld();
  const scheduler = await world.startScheduler();
  await untilReady(scheduler);
  const buffering = await startBufferingProxy(scheduler.url);
  onTestFinished(() => buffering.close());
  const proxy = buffering.url;
  const client = createClient();
  const following = client.follow(proxy);
  const seen: number[] = [];

  /** The events after those that were seen: by pages of two, from their cursor on. */
  async function poll(): Promise<void> {
    const known = new Set(seen);
    let cursor: string | null = "";
    while (cursor !== null) {
      const more: string = cursor === "" ? "" : `&cursor=${cursor}`;
      const reply = await fetch(`${proxy}/api/v2/eventLogs?order_by=event_log_id&limit=2${more}`);
      const page = (await reply.json()) as {
        event_logs: readonly { event_log_id: number }[];
        next_cursor: string | null;
      };
      seen.push(...page.event_logs.map((event) => event.event_log_id).filter((id) => !known.has(id)));
      cursor = page.next_cursor;
    }
  }

  for (let round = 0; round < 3; round += 1) {
    await trigger(scheduler);
    await poll();
  }
  await eventually("the runs have ended", () =>
    world.readStates("v_runs", "once").every((s) => s === "success"),
  );
  await poll();
  expect(seen).toEqual(listEvents(world, 0));
  expect(seen.length).toBeGreaterThan(3);
  expect([client.lastId, client.events]).toEqual(["", []]);
  // A page that is the same is not sent again.
  const { headers } = await fetch(`${proxy}/api/v2/dags`);
  const same = await fetch(`${proxy}/api/v2/dags`, {
    headers: { "If-None-Match": headers.get("etag") ?? "" },
  });
  expect(same.status).toBe(304);
  client.leave();
  await following;
  await scheduler.stop();
}, 120_000);
