/** How notices are sent to a real webhook on loopback: retries, order, faults and secrets. */
import { describe, expect, onTestFinished, test } from "vitest";
import { Writable } from "node:stream";
import { createLogger } from "../../../logs/logger.ts";
import { judgeAnswer } from "../../../scheduler/notices/judge-answer.ts";
import { renderNotice } from "../../../scheduler/notices/render-notice.ts";
import { createWebhookChannel } from "../../../scheduler/notices/webhook-channel.ts";
import { createNoticeSender, type NoticeSender } from "../../../scheduler/notices/send-notices.ts";
import type { Database } from "../../../state/sqlite/database.ts";
import { insertNotice } from "../../../state/control/notices.ts";
import { sql, Sql } from "../../../state/sqlite/statement.ts";
import { CERTIFICATE, CERTIFICATE_KEY } from "../../support/connect-proxy/certificate.ts";
import { startTlsFront } from "../../support/connect-proxy/connect-proxy.ts";
import { createHandClock, type HandClock } from "../../support/hand-clock.ts";
import { openTestWorld } from "../../support/test-world.ts";
import {
  makeNotice,
  startWebhook,
  TO_WEBHOOK,
  WEBHOOK_SECRET,
  type Answering,
  type Webhook,
} from "../notice-world.ts";

const FAILED = { kind: "failed", error: "out of order" } as const;
const SLACK = '{"text":"${message}"}';

interface SenderWorld {
  readonly clock: HandClock;
  readonly database: Database;
  readonly hook: Webhook;
  readonly sender: NoticeSender;
  readonly send: () => Promise<number>;
  readonly note: (dagId: string, message: string) => Promise<void>;
  /** `state tries` and the error, in the order of creation. */
  readonly states: () => readonly string[];
  readonly tried: readonly string[];
  readonly logText: () => string;
}

interface SenderWorldOptions {
  readonly template?: string;
  readonly url?: string;
}

/** By default the webhook answers 200. */
async function openSenderWorld(
  answer: Answering | readonly number[] = [],
  { template = SLACK, url }: SenderWorldOptions = {},
): Promise<SenderWorld> {
  const clock = createHandClock();
  const { database } = await openTestWorld({ clock: Object.assign(clock, { set: () => undefined }) });
  const hook = await startWebhook(
    typeof answer === "function"
      ? answer
      : (response, index) => response.writeHead(answer[index] ?? 200).end("ok"),
  );
  let logText = "";
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      logText += chunk.toString();
      done();
    },
  });
  // The log masks no secrets: the sender itself must not log one.
  const log = createLogger({ level: "debug", format: "text", stream, secrets: [], clock });
  const tried: string[] = [];
  const sender = createNoticeSender({
    database,
    channel: createWebhookChannel({ url: url ?? hook.url, template, clock }),
    clock,
    log,
    timezone: "UTC",
    observer: { noticeTried: (notice, outcome) => tried.push(`${notice.noticeId} ${outcome}`) },
  });
  const send = (): Promise<number> => sender.send(new AbortController().signal);
  return {
    clock,
    database,
    hook,
    sender,
    send,
    note: (dagId, message) =>
      database.write((query) => {
        insertNotice(
          query,
          { dagId, runId: "manual__1", kind: "failure", failures: 3, message },
          TO_WEBHOOK,
          clock.now(),
        );
      }),
    states: () =>
      database
        .all<{ state: string; tries: number; error: string | null }>(
          sql`SELECT state, tries, error FROM notices ORDER BY notice_id`,
        )
        .map(({ state, tries, error }) => `${state} ${tries}${error === null ? "" : ` ${error}`}`),
    tried,
    logText: () => logText,
  };
}

function readText(hook: Webhook): readonly unknown[] {
  return hook.posts.map(({ body }) => (JSON.parse(body) as { text: unknown }).text);
}

describe("a template", () => {
  test("gets its values inside its strings, at any depth, and keeps everything else", () => {
    const template = JSON.stringify({
      text: "${kind}: ${message} (${failures})",
      blocks: [{ fields: ["${dag_id}/${run_id}", 7, null, true, "${unknown} $message"] }],
      "${kind}": "",
    });
    expect(JSON.parse(renderNotice(template, makeNotice({ message: "x" })))).toEqual({
      text: "failure: x (3)",
      blocks: [{ fields: ["csv_ingest/manual__1", 7, null, true, "${unknown} $message"] }],
      "${kind}": "",
    });
  });

  test.each([
    'a "quote"',
    'b\\"',
    "c\nd\te\u0000f\u2028",
    "${kind} $& $1 $`",
    '"}, {"text": "x',
    "é 🎬 \ud800",
  ])("is not broken by the message %j", (message) => {
    expect(JSON.parse(renderNotice(SLACK, makeNotice({ message })))).toEqual({ text: message });
  });
});

describe("a try", () => {
  const NOW = new Date("2026-11-23T10:00:00.000Z");
  const notice = makeNotice({ createdAt: "2026-11-23T10:00:00.000Z" });

  test("comes after 30 s, 2 min, 10 min, then every hour, for a day", () => {
    const waits: number[] = [];
    let now = NOW;
    let verdict = judgeAnswer(notice, FAILED, now);
    while (verdict.kind === "again") {
      waits.push((verdict.at.getTime() - now.getTime()) / 1000);
      now = verdict.at;
      verdict = judgeAnswer({ ...notice, tries: waits.length }, FAILED, now);
    }
    expect(verdict).toEqual({ kind: "given_up", error: "out of order" });
    expect(waits.slice(0, 5)).toEqual([30, 120, 600, 3600, 3600]);
    const lastTryHours = (now.getTime() - NOW.getTime()) / 3_600_000;
    expect(lastTryHours).toBeGreaterThan(23);
    expect(lastTryHours).toBeLessThanOrEqual(24);
  });
});

describe("a notice with instants that were edited by hand", () => {
  test.each(["'soon'", "''", "NULL", "'0'", "'9999-12-31T23:59:59.999Z'", "'2026-99-99T00:00:00.000Z'"])(
    "with next_try_at %s is sent at once",
    async (value) => {
      const world = await openSenderWorld();
      await world.note("a", "one");
      await world.note("b", "two");
      const spoil = new Sql(`UPDATE notices SET next_try_at = ${value} WHERE dag_id = 'b'`, []);
      await world.database.write((query) => query.run(spoil));
      await world.database.write((query) =>
        query.run(sql`UPDATE notices SET state = 'sent' WHERE dag_id = 'a'`),
      );
      const due = world.sender.nextDueAt();
      expect(due !== null && due <= world.clock.now()).toBe(true);
      expect(await world.send()).toBe(1);
      expect(readText(world.hook)).toEqual(["two"]);
    },
  );

  test.each(["", "soon", "9999-12-31T23:59:59.999Z"])(
    "with created_at %j is given up in the end",
    (createdAt) => {
      const now = new Date("2026-11-23T10:00:00.000Z");
      let tries = 0;
      while (tries < 99 && judgeAnswer(makeNotice({ createdAt, tries }), FAILED, now).kind === "again")
        tries += 1;
      expect(tries).toBeLessThanOrEqual(30);
    },
  );
});

describe("the sender", () => {
  test("posts each notice once, oldest first, and says so in the row", async () => {
    const world = await openSenderWorld();
    await world.note("a", "one");
    await world.note("b", "two");
    expect(await world.send()).toBe(2);
    expect(world.hook.posts).toMatchObject([
      {
        method: "POST",
        path: `/hook/${WEBHOOK_SECRET}`,
        contentType: "application/json",
        body: '{"text":"one"}',
      },
      { body: '{"text":"two"}' },
    ]);
    expect(world.states()).toEqual(["sent 0", "sent 0"]);
    expect(world.tried).toEqual(["1 sent", "2 sent"]);
    expect(await world.send()).toBe(0);
    expect(world.hook.posts).toHaveLength(2);
    expect(world.sender.nextDueAt()).toBeNull();
  });

  test("sends nothing twice when it is called twice at the same time", async () => {
    const world = await openSenderWorld();
    await world.note("a", "one");
    expect(await Promise.all([world.send(), world.send()])).toEqual([1, 1]);
    expect(world.hook.posts).toHaveLength(1);
  });

  test("tries again when it is due, and not before", async () => {
    const world = await openSenderWorld([503, 429]);
    await world.note("a", "one");
    expect(await world.send()).toBe(0);
    expect(world.states()).toEqual(["open 1 it answered with status 503"]);
    expect(world.sender.nextDueAt()).toEqual(new Date(world.clock.now().getTime() + 30_000));
    await world.clock.advance(29_999);
    await world.send();
    expect(world.hook.posts).toHaveLength(1);
    await world.clock.advance(1);
    await world.send();
    expect(world.states()).toEqual(["open 2 it answered with status 429"]);
    expect(world.sender.nextDueAt()).toEqual(new Date(world.clock.now().getTime() + 120_000));
    await world.clock.advance(120_000);
    expect(await world.send()).toBe(1);
    expect(world.states()).toEqual(["sent 2"]);
    expect(world.tried).toEqual(["1 again", "1 again", "1 sent"]);
  });

  test("gives up a notice that the webhook refuses, with an event, and continues with the next", async () => {
    const world = await openSenderWorld([404]);
    await world.note("a", "one");
    await world.note("b", "two");
    expect(await world.send()).toBe(1);
    expect(world.states()).toEqual(["given_up 1 it answered with status 404", "sent 0"]);
    expect(world.database.all(sql`SELECT level, kind, dag_id, run_id, message FROM events`)).toEqual([
      {
        level: "error",
        kind: "notice_given_up",
        dag_id: "a",
        run_id: "manual__1",
        message:
          'The webhook did not accept the notice "one": it answered with status 404. Check DAGMAR_NOTIFY_URL.',
      },
    ]);
    expect(world.logText()).toContain('ERROR The webhook did not accept the notice "one"');
  });

  test("gives up after a day, with an event", async () => {
    const world = await openSenderWorld((response) => response.writeHead(500).end());
    await world.note("a", "one");
    for (let dueAt = world.sender.nextDueAt(); dueAt !== null; dueAt = world.sender.nextDueAt()) {
      await world.clock.advance(Math.max(0, dueAt.getTime() - world.clock.now().getTime()));
      await world.send();
    }
    expect(world.hook.posts.length).toBeGreaterThan(20);
    expect(world.states()).toEqual([`given_up ${world.hook.posts.length} it answered with status 500`]);
    expect(world.database.all(sql`SELECT kind FROM events`)).toEqual([{ kind: "notice_given_up" }]);
  });

  test("sends a notice that is older than a day once, if no scheduler was running before", async () => {
    const world = await openSenderWorld();
    await world.note("a", "one");
    await world.clock.advance(3 * 86_400_000);
    expect(await world.send()).toBe(1);
  });

  test("pauses after a failure, and then tries one notice after the other", async () => {
    const world = await openSenderWorld([500, 500, 200, 200]);
    await world.note("a", "one");
    await world.note("b", "two");
    await world.send();
    await world.send();
    expect(readText(world.hook)).toEqual(["one"]);
    expect(world.sender.nextDueAt()).toEqual(new Date(world.clock.now().getTime() + 30_000));
    await world.clock.advance(30_000);
    await world.send();
    expect(readText(world.hook)).toEqual(["one", "one"]);
    await world.clock.advance(30_000);
    // The first is due in two minutes; it does not block the second.
    expect(await world.send()).toBe(1);
    await world.clock.advance(90_000);
    expect(await world.send()).toBe(1);
    expect(readText(world.hook)).toEqual(["one", "one", "two", "one"]);
  });

  test("never lets a Dag's later notice overtake its earlier one", async () => {
    const world = await openSenderWorld([500, 500]);
    await world.note("a", "failed");
    await world.note("a", "well again");
    for (const waitMs of [0, 30_000, 60_000]) {
      await world.clock.advance(waitMs);
      await world.send();
    }
    // The second has never failed, and the first waits for its third try.
    expect(readText(world.hook)).toEqual(["failed", "failed"]);
    await world.clock.advance(60_000);
    expect(await world.send()).toBe(2);
    expect(readText(world.hook)).toEqual(["failed", "failed", "failed", "well again"]);
  });

  test("does not wait for a try that was planned before the clock was set back", async () => {
    const world = await openSenderWorld();
    await world.note("a", "one");
    await world.database.write((query) => {
      query.run(sql`UPDATE notices SET next_try_at = '2027-11-23T09:00:00.000Z'`);
    });
    expect(world.sender.nextDueAt()).toEqual(world.clock.now());
    expect(await world.send()).toBe(1);
  });
});

describe("a webhook", () => {
  test.each([
    ...[200, 201, 204, 299].map((status) => [status, "sent 0"] as const),
    ...[400, 401, 403, 404, 407, 410, 422, 428, 499].map((status) => [status, "given_up 1"] as const),
    ...[300, 302, 399, 408, 429, 500].map((status) => [status, "open 1"] as const),
  ])("that answers with %i leaves its notice %s", async (status, state) => {
    const world = await openSenderWorld([status]);
    await world.note("a", "one");
    await world.send();
    const error = state === "sent 0" ? "" : ` it answered with status ${status}`;
    expect(world.states()).toEqual([`${state}${error}`]);
  });

  test("that answers slowly or not at all has 10 seconds in total", async () => {
    const world = await openSenderWorld((response) => {
      // The beginning of an answer whose head never ends.
      response.socket?.write("HTTP/1.1 200 OK\r\nX-Drip: ");
    });
    await world.note("a", "one");
    const sending = world.send();
    await world.hook.untilPosted(1);
    await world.clock.untilSleeping(10_000, 10_000);
    await world.clock.advance(10_000);
    expect(await sending).toBe(0);
    expect(world.states()).toEqual(["open 1 no answer within 10 s"]);
    expect(world.clock.sleepers).toBe(0);
  });

  test("whose body never ends has answered", async () => {
    let isEnded = false;
    const world = await openSenderWorld((response) => {
      const more = (): void => {
        if (!response.destroyed) response.write("x".repeat(65_536), () => setImmediate(more));
      };
      response.writeHead(200);
      response.on("close", () => {
        isEnded = true;
        ended.resolve();
      });
      more();
    });
    const ended = makeSignal();
    await world.note("a", "one");
    expect(await world.send()).toBe(1);
    await ended.promise;
    expect(isEnded).toBe(true);
  });

  test("that redirects is not followed", async () => {
    const other = await startWebhook((response) => response.end());
    const world = await openSenderWorld((response) => response.writeHead(307, { Location: other.url }).end());
    await world.note("a", "one");
    await world.send();
    expect(other.posts).toEqual([]);
    expect(world.states()).toEqual(["open 1 it answered with status 307"]);
  });

  test("that drops the connection is tried again", async () => {
    const world = await openSenderWorld((response) => response.socket?.destroy());
    await world.note("a", "one");
    await world.send();
    expect(world.states()).toEqual(["open 1 no answer: the connection was reset (ECONNRESET)"]);
  });

  test("that is not trusted is reported with the cause and the remedy, and the notice stays open", async () => {
    const plain = await startWebhook((response) => response.end());
    const front = await startTlsFront(Number(new URL(plain.url).port), {
      cert: CERTIFICATE,
      key: CERTIFICATE_KEY,
    });
    onTestFinished(() => front.close());
    const url = `https://127.0.0.1:${front.port}${new URL(plain.url).pathname}`;
    const world = await openSenderWorld([], { url });
    await world.note("a", "one");
    await world.send();
    expect(world.states().join()).toMatch(
      /^open 1 it is not trusted: .*self-signed \(DEPTH_ZERO_SELF_SIGNED_CERT\)\. .*NODE_EXTRA_CA_CERTS/,
    );
    expect(world.logText()).toContain("NODE_EXTRA_CA_CERTS");
    expect(plain.posts).toEqual([]);
  });

  test("is abandoned when the process drains, and the notice stays open", async () => {
    const world = await openSenderWorld(() => undefined);
    await world.note("a", "one");
    const drain = new AbortController();
    const sending = world.sender.send(drain.signal);
    await world.hook.untilPosted(1);
    drain.abort(new Error("drain"));
    expect(await sending).toBe(0);
    expect(world.states()).toEqual(["open 0"]);
    expect(await world.sender.send(drain.signal)).toBe(0);
    expect(world.clock.sleepers).toBe(0);
  });
});

describe("the webhook's address", () => {
  test.each<[string, readonly number[], string | undefined]>([
    ["is refused", [403], undefined],
    ["fails", [500], undefined],
    ["sends elsewhere", [302], undefined],
    ["is not there", [], `http://127.0.0.1:1/hook/${WEBHOOK_SECRET}`],
    ["speaks no HTTPS", [], "https"],
  ])("is in no row, event or log when it %s", async (_name, statuses, url) => {
    const plain = await startWebhook((response) => response.end());
    const target = url === "https" ? plain.url.replace("http:", "https:") : url;
    const world = await openSenderWorld(statuses, target === undefined ? {} : { url: target });
    await world.note("a", "one");
    await world.send();
    const rows = [
      ...world.database.all(sql`SELECT * FROM notices`),
      ...world.database.all(sql`SELECT * FROM events`),
    ];
    const text = JSON.stringify(rows) + world.logText();
    expect(world.tried).toHaveLength(1);
    expect(text).toMatch(/status|no answer/);
    expect(text).not.toContain(WEBHOOK_SECRET);
    expect(text).not.toContain("127.0.0.1");
  });
});

function makeSignal(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
