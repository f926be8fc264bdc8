/** What a log line contains, how secrets are redacted, and how errors are shown. */
import { PassThrough, Writable } from "node:stream";
import { describe, expect, test } from "vitest";
import { createLogger } from "../../logs/logger.ts";
import { CommandRefused, DagmarError, TaskFailure } from "../../model/errors.ts";
import type { Logger } from "../../model/ports/logger.ts";

const SECRET = "s3cr3t/t+ken=";

async function capture(
  format: "text" | "json",
  use: (log: Logger) => void,
  level: "debug" | "info" | "warn" | "error" = "debug",
): Promise<readonly string[]> {
  const stream = new PassThrough();
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  const clock = { now: () => new Date("2026-11-23T09:00:00.007Z") };
  const log = createLogger({ level, format, stream, secrets: [SECRET, "", "s3cr3t"], clock });
  use(log);
  await log.close();
  return Buffer.concat(chunks).toString("utf8").split("\n").slice(0, -1);
}

async function captureJson(use: (log: Logger) => void): Promise<Readonly<Record<string, unknown>>> {
  const lines = await capture("json", use);
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0] ?? "") as Readonly<Record<string, unknown>>;
}

test("a line for people has time, level, message and fields", async () => {
  expect(
    await capture("text", (log) =>
      log.info("run ended", { run: "manual__1", ids: 12, note: "two words", none: null }),
    ),
  ).toEqual(['2026-11-23T09:00:00.007Z INFO  run ended run=manual__1 ids=12 note="two words" none=null']);
});

test("a line for machines is one JSON object", async () => {
  expect(
    await captureJson((log) =>
      log.warn("slow", { ms: 7, list: [1, "a"], when: new Date(0), big: 5n, not: Number.NaN }),
    ),
  ).toEqual({
    time: "2026-11-23T09:00:00.007Z",
    level: "warn",
    message: "slow",
    ms: 7,
    list: [1, "a"],
    when: "1970-01-01T00:00:00.000Z",
    big: "5",
    not: "NaN",
  });
});

test("fields named like a line's own fields are kept in addition to them", async () => {
  expect(await captureJson((log) => log.info("m", { level: "x", message: "y", time: "z" }))).toMatchObject({
    level: "info",
    message: "m",
    field_level: "x",
    field_message: "y",
    field_time: "z",
  });
});

test("a logger with fields adds them to every line, and the nearest one wins", async () => {
  const lines = await capture("text", (log) => {
    const inner = log.with({ dag: "a", task: "t" }).with({ task: "u" });
    inner.info("x");
    inner.info("y", { dag: "b" });
  });
  expect(lines.map((line) => line.slice(31))).toEqual(["x dag=a task=u", "y dag=b task=u"]);
});

test("lines below the level are not written", async () => {
  const lines = await capture(
    "text",
    (log) => {
      log.debug("a");
      log.info("b");
      log.warn("c");
      log.error("d");
    },
    "warn",
  );
  expect(lines.map((line) => line.slice(25))).toEqual(["WARN  c", "ERROR d"]);
});

describe("secrets", () => {
  test.each(["text", "json"] as const)("never reach a %s line, wherever they occur", async (format) => {
    const cause = new Error(`cause ${SECRET}`);
    const foreign = Object.assign(
      new Error(`GET https://x/?k=${encodeURIComponent(SECRET)} failed`, { cause }),
      {
        code: "E_FOREIGN",
        config: { headers: { Authorization: `Bearer ${SECRET}` } },
      },
    );
    const lines = await capture(format, (log) => {
      log.error(`message ${SECRET}`, {
        plain: SECRET,
        nested: { deep: [{ deeper: `x${SECRET}x` }], [`name ${SECRET}`]: 1 },
        map: new Map([["k", SECRET]]),
        set: new Set([SECRET]),
        foreign,
        own: new TypeError(`own ${SECRET}`),
        failure: new TaskFailure("INTERNAL", SECRET, false, { hint: SECRET, cause: foreign }),
        bytes: Buffer.from(SECRET),
        url: new URL(`https://me:${encodeURIComponent(SECRET)}@example.com`),
      });
      log.with({ bound: SECRET }).info("x");
    });
    const text = lines.join("\n");
    expect(text).not.toContain("s3cr3t");
    expect(text).not.toContain(Buffer.from(SECRET).toString("base64"));
    expect(text.match(/\[redacted\]/g)?.length).toBeGreaterThan(8);
  });
});

describe("errors", () => {
  test("of others show code, message and cause, never a stack or what else they carry", async () => {
    const error = Object.assign(new Error("failed", { cause: new Error("inner") }), {
      code: "ECONNRESET",
      request: { big: true },
    });
    const { error: shown } = await captureJson((log) => log.error("x", { error }));
    expect(shown).toMatchObject({
      name: "Error",
      code: "ECONNRESET",
      message: "failed",
      cause: { message: "inner" },
    });
    expect(Object.keys(shown as object)).toEqual(["name", "code", "message", "cause"]);
  });
  test("of the user's show their hint and no stack", async () => {
    const error = new CommandRefused("DAG_UNKNOWN", "no such Dag", { hint: "Try another." });
    const { error: shown } = await captureJson((log) => log.error("x", { error }));
    expect(shown).toEqual({
      name: "CommandRefused",
      code: "DAG_UNKNOWN",
      message: "no such Dag",
      hint: "Try another.",
    });
  });
  test.each([new TypeError("x is not a function"), new DagmarError("INTERNAL", "ours")])(
    "of our own show a stack: %s",
    async (error) => {
      const { error: shown } = await captureJson((log) => log.error("x", { error }));
      expect((shown as { stack: string }).stack).toContain("logger.test.ts");
      const lines = await capture("text", (log) => log.error("x", { error }));
      expect(lines.length).toBeGreaterThan(1);
      expect(lines.slice(2).every((line) => line.startsWith("    at "))).toBe(true);
    },
  );
  test("that are each other's cause end somewhere", async () => {
    const one = new Error("one");
    one.cause = new Error("two", { cause: one });
    const { error } = await captureJson((log) => log.error("x", { error: one }));
    expect(JSON.stringify(error)).toContain("[deeper]");
  });
});

test("foreign text cannot move the cursor, begin a line or reverse it", async () => {
  const title = "A\u001b[2J\r\nB\u0007\u009b\u202eC\u2028D";
  const lines = await capture("text", (log) => log.info(title, { title, [title]: 1, list: [title] }));
  expect(lines).toHaveLength(1);
  // oxlint reports control characters in a pattern, so they are found by their codes.
  const codes = Array.from(lines[0] ?? "", (character) => character.charCodeAt(0));
  expect(
    codes.filter(
      (code) => code < 0x20 || (code >= 0x7f && code <= 0x9f) || code === 0x2028 || code === 0x202e,
    ),
  ).toEqual([]);
  expect(lines[0]).toContain("A\\u001b[2J\\r\\nB\\u0007\\u009b\\u202eC\\u2028D");
});

test("values without end or form are cut short and never throw", async () => {
  const loop: Record<string, unknown> = {};
  loop["self"] = loop;
  const line = await captureJson((log) => {
    log.info("x", {
      loop,
      long: "x".repeat(100_000),
      many: Array.from({ length: 1_000 }, (_, index) => index),
      call: () => 1,
      client: new PassThrough(),
    });
  });
  expect(JSON.stringify(line).length).toBeLessThan(20_000);
  expect(line["client"]).toBe("[PassThrough]");
  expect(line).not.toHaveProperty("call");
  const trap = {
    get bad(): string {
      throw new Error("trap");
    },
  };
  expect(await captureJson((log) => log.info("y", trap))).toMatchObject({
    message: "y",
    fields: "[unreadable]",
  });
});

test("close waits until a slow stream has written every line, and later lines are dropped", async () => {
  const written: string[] = [];
  const slow = new Writable({
    highWaterMark: 1,
    write: (chunk: Buffer, _encoding, done) => {
      setImmediate(() => {
        written.push(chunk.toString());
        done();
      });
    },
  });
  const log = createLogger({
    level: "info",
    format: "text",
    stream: slow,
    secrets: [],
    clock: { now: () => new Date(0) },
  });
  for (let index = 0; index < 500; index += 1) log.info(`line ${index}`);
  await log.close();
  const lines = written.join("").trimEnd().split("\n");
  expect([lines.length, lines.at(-1)?.endsWith("line 499")]).toEqual([500, true]);
  log.info("late");
  await log.close();
  expect(written.join("")).not.toContain("late");
  expect(slow.writableEnded).toBe(false);
});
