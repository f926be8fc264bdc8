/** Logs over the API: windows that continue, a search, the whole text, what comes live, and only files of attempts. */
import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { locateAttemptLog } from "../../../logs/attempt-log-location.ts";
import type { HttpStream } from "../../../web/server/exchange.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { makeDag, makeTask } from "../../support/test-dag.ts";
import { readServerEvents } from "../../support/web/read-server-events.ts";
import { openReadWorld, readJson, type ReadWorld } from "../../support/web/read-world.ts";

const AT = "2026-11-22T09:00:00.000Z";
const DAG = makeDag([makeTask("load"), makeTask("idle")], { dagId: "daily" });
const line = (text: string, level = "INFO "): string => `${AT} ${level} ${text}\n`;
const NUMBERED = Array.from({ length: 2_500 }, (_, place) => line(`line ${place + 1}`)).join("");

interface LogWorld extends ReadWorld {
  readonly base: string;
  readonly airflow: string;
  readonly file: string;
  readonly end: () => Promise<void>;
}

async function openLogWorld(text: string): Promise<LogWorld> {
  const world = await openReadWorld();
  await world.saveDag(DAG);
  const runId = await world.addRun({ dag: DAG, date: AT, state: "running", tasks: { load: "running" } });
  const key = { dagId: "daily", runId, taskId: "load", attempt: 1 };
  world.writeLog(key, text);
  const run = encodeURIComponent(runId);
  return {
    ...world,
    base: `/api/dagmar/runs/daily/${run}/tasks/load/logs/1`,
    airflow: `/api/v2/dags/daily/dagRuns/${run}/taskInstances/load/logs/1`,
    file: locateAttemptLog(world.logsFolder, key) ?? "",
    end: () => world.write((query) => void query.run(sql`UPDATE attempts SET state = 'success'`)),
  };
}

interface Window {
  readonly lines: readonly { readonly number: number; readonly text: string }[];
  readonly before: string | null;
  readonly after: string;
  readonly gap: string | null;
}

async function read({ ask, base }: LogWorld, search: string): Promise<Window> {
  const reply = await ask(base + search);
  expect(reply.status, String(reply.body)).toBe(200);
  return readJson(reply) as Window;
}

const numbers = ({ lines }: Window): readonly number[] => lines.map(({ number }) => number);

describe("a window", () => {
  test("is the end of the log, and leads to what is before and after it", async () => {
    const world = await openLogWorld(NUMBERED);
    const end = await read(world, "?limit=2");
    expect(end).toMatchObject({
      state: "running",
      gap: null,
      lines: [{ at: AT, level: "info" }, { text: "line 2500" }],
    });
    expect(numbers(end)).toEqual([2_499, 2_500]);
    expect(numbers(await read(world, `?limit=2&before=${end.before}`))).toEqual([2_497, 2_498]);
    expect(numbers(await read(world, `?after=${end.after}`))).toEqual([]);
    appendFileSync(world.file, line("more"));
    expect(numbers(await read(world, `?after=${end.after}`))).toEqual([2_501]);
    const start = await read(world, "?from=start&limit=3");
    expect(numbers(start)).toEqual([1, 2, 3]);
    expect(start.before).toBe(null);
  });

  test("says that lines are missing after the log was rotated away", async () => {
    const world = await openLogWorld(line("old"));
    const { after } = await read(world, "");
    rmSync(world.file);
    writeFileSync(world.file, line("NEW ONE") + line("NEW TWO"));
    const next = await read(world, `?after=${after}`);
    expect(next.gap).toMatch(/removed|changed/);
    expect(numbers(next)).toEqual([1, 2]);
  });

  test("of a level holds those lines", async () => {
    const world = await openLogWorld(`${NUMBERED}${line("bad", "ERROR")}    at x\n${NUMBERED}`);
    expect(numbers(await read(world, "?level=warn"))).toEqual([2_501, 2_502]);
  });
});

test("the search names lines, and each of them is found by its place", async () => {
  const world = await openLogWorld(`${NUMBERED}${line("Ünïque")}${NUMBERED}`);
  const { hits, count } = readJson(
    await world.ask(`${world.base}/search?text=${encodeURIComponent("ÜNÏQUE")}`),
  ) as {
    hits: readonly { readonly number: number; readonly place: string }[];
    count: number;
  };
  expect([count, hits.length, hits[0]?.number]).toEqual([1, 1, 2_501]);
  expect(await read(world, `?limit=1&after=${hits[0]?.place}`)).toMatchObject({
    lines: [{ text: "Ünïque" }],
  });
});

test("the raw log is all of it, over all parts, as a file", async () => {
  const world = await openLogWorld(NUMBERED);
  renameSync(world.file, `${world.file}.1`);
  writeFileSync(world.file, line("newest"));
  const { headers, open } = await world.askStream(`${world.base}/raw`);
  expect(headers).toMatchObject({
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Disposition": 'attachment; filename="load-1.log"',
  });
  const chunks: Uint8Array[] = [];
  for await (const chunk of open(new AbortController().signal)) chunks.push(chunk as Uint8Array);
  expect(Buffer.concat(chunks).toString()).toBe(NUMBERED + line("newest"));
});

async function readText(open: HttpStream["open"]): Promise<string> {
  let text = "";
  for await (const chunk of open(new AbortController().signal)) text += String(chunk);
  return text;
}

async function readFull(
  world: LogWorld,
  given: Readonly<Record<string, string>> = {},
): Promise<{ readonly headers: HttpStream["headers"]; readonly chunks: readonly string[] }> {
  const { headers, open } = await world.askStream(`${world.airflow}?full_content=true`, given);
  const chunks: string[] = [];
  for await (const chunk of open(new AbortController().signal)) chunks.push(String(chunk));
  return { headers, chunks };
}

describe("Airflow's log", () => {
  interface Page {
    readonly content: readonly { readonly event: string; readonly timestamp: string | null }[];
    readonly continuation_token: string | null;
  }

  test("comes page by page from its beginning, with a token until the try has ended", async () => {
    const world = await openLogWorld(NUMBERED);
    const events: string[] = [];
    let token: string | null = "";
    const next = async (): Promise<Page> =>
      readJson(await world.ask(world.airflow + (token === "" ? "" : `?token=${token}`))) as Page;
    for (let page = 0; page < 3; page += 1) {
      const { content, continuation_token: following } = await next();
      events.push(...content.map(({ event }) => event));
      token = following;
    }
    expect(events).toEqual(Array.from({ length: 2_500 }, (_, place) => `line ${place + 1}`));
    expect(token).not.toBe(null);
    expect((await next()).content).toEqual([]);
    await world.end();
    expect((await next()).continuation_token).toBe(null);
  });

  test("comes whole with full_content, as lines of JSON if they are asked for", async () => {
    const world = await openLogWorld(NUMBERED);
    await world.end();
    const { headers, chunks } = await readFull(world, { accept: "application/x-ndjson" });
    expect(headers["Content-Type"]).toBe("application/x-ndjson");
    expect(headers["Airflow-Continuation-Token"]).toBe(undefined);
    const lines = chunks.join("").trim().split("\n");
    expect(lines.length).toBe(2_500);
    expect(JSON.parse(lines[0] ?? "")).toEqual({ timestamp: AT, event: "line 1", level: "info" });
    const page = await world.ask(world.airflow, { accept: "application/x-ndjson" });
    expect(page.headers["Airflow-Continuation-Token"]).toMatch(/^[\w.-]+$/);
  });

  test("of 16 MiB with full_content comes in parts of some 100 KiB, each made when the client takes it", async () => {
    const wide = Array.from({ length: 16_500 }, (_, place) => line(`${place + 1} ${"x".repeat(1_000)}`)).join(
      "",
    );
    const world = await openLogWorld(wide);
    const { headers, chunks } = await readFull(world);
    expect(headers["Content-Type"]).toBe("application/json; charset=utf-8");
    expect(Math.max(...chunks.map((chunk) => chunk.length))).toBeLessThan(300 * 1024);
    const { content, continuation_token: token } = JSON.parse(chunks.join("")) as Page;
    expect(content.length).toBe(16_000);
    expect(content.at(-1)?.event).toMatch(/^16000 x{1000}$/);
    const rest = readJson(await world.ask(`${world.airflow}?token=${token}`)) as Page;
    expect(rest.content.length).toBe(500);
    const asLines = await readFull(world, { accept: "application/x-ndjson" });
    expect(asLines.headers["Airflow-Continuation-Token"]).toBe(token);
    expect(asLines.chunks.join("").trim().split("\n").length).toBe(16_000);
  });

  test("that grows while it is sent ends where its token begins", async () => {
    const world = await openLogWorld(line("one") + line("two"));
    const { open } = await world.askStream(`${world.airflow}?full_content=true`);
    appendFileSync(world.file, line("three"));
    const { content, continuation_token: token } = JSON.parse(await readText(open)) as Page;
    expect(content.map(({ event }) => event)).toEqual(["one", "two"]);
    const rest = readJson(await world.ask(`${world.airflow}?token=${token}`)) as Page;
    expect(rest.content.map(({ event }) => event)).toEqual(["three"]);
  });

  test("that is another one while it is sent is cut off", async () => {
    const world = await openLogWorld(NUMBERED);
    const { open } = await world.askStream(`${world.airflow}?full_content=true`);
    writeFileSync(world.file, line("another"));
    await expect(readText(open)).rejects.toThrow("changed while it was sent");
  });

  test.each([["?full_content=true"], [""]])("that is missing is 404: %s", async (search) => {
    const world = await openLogWorld("");
    rmSync(world.file);
    expect((await world.ask(world.airflow + search)).status).toBe(404);
  });

  test("that is empty has no content", async () => {
    const world = await openLogWorld("");
    const { chunks } = await readFull(world);
    expect((JSON.parse(chunks.join("")) as Page).content).toEqual([]);
  });
});

describe("the stream of a log", () => {
  test("gives what is written, once, until the attempt has ended", async () => {
    const world = await openLogWorld(line("one"));
    const first = readServerEvents(await world.askStream(`${world.base}/stream`));
    expect((await first.next("lines"))?.data).toMatchObject({ lines: [{ text: "one" }] });
    first.close();
    appendFileSync(world.file, `${line("two")}${AT} INFO  thr`);
    const second = readServerEvents(
      await world.askStream(`${world.base}/stream`, { "last-event-id": first.lastId }),
    );
    expect((await second.next("lines"))?.data).toMatchObject({ lines: [{ number: 2, text: "two" }] });
    appendFileSync(world.file, "ee\n");
    expect((await second.next("lines"))?.data).toMatchObject({ lines: [{ number: 3, text: "three" }] });
    await world.end();
    expect((await second.next("end"))?.data).toEqual({ state: "success" });
    expect(await second.next("end")).toBe(undefined);
  });

  test("waits for the first line of a task that has written nothing", async () => {
    const world = await openLogWorld("");
    rmSync(dirname(world.file), { recursive: true });
    const stream = readServerEvents(await world.askStream(`${world.base}/stream`));
    const lines = stream.next("lines");
    mkdirSync(dirname(world.file), { recursive: true });
    writeFileSync(world.file, line("first"));
    expect((await lines)?.data).toMatchObject({ lines: [{ text: "first" }] });
  });
});

describe("what is no attempt's log is refused", () => {
  test.each([
    [404, "TASK_UNKNOWN", "/load/logs/2"],
    [422, "USAGE", "/load/logs/0"],
    [422, "USAGE", "/load/logs/1.5"],
    [422, "USAGE", "/load/logs/..%2f1"],
    [404, "TASK_UNKNOWN", "/..%2f..%2f..%2fsecret/logs/1"],
    [404, "TASK_UNKNOWN", "/idle/logs/1"],
    [422, "USAGE", "/load/logs/1?after=..%2F..%2Fsecret"],
    [422, "USAGE", "/load/logs/1?before=1.1.1.aaaaaaaaaaa&after=1.1.1.aaaaaaaaaaa"],
    [422, "USAGE", "/load/logs/1?level=fatal"],
    [422, "USAGE", "/load/logs/1?limit=1001"],
    [422, "USAGE", "/load/logs/1/search"],
  ])("%i %s: %s", async (status, code, path) => {
    const world = await openLogWorld(line("one"));
    const reply = await world.ask(world.base.replace("/load/logs/1", path));
    expect(reply.status, String(reply.body)).toBe(status);
    expect(readJson(reply)).toMatchObject({ code });
  });

  test.each(["", "/raw", "/search?text=x"])("404 for a log that is gone, or a link: %s", async (path) => {
    const world = await openLogWorld(line("one"));
    const secret = join(world.folder, "secret");
    writeFileSync(secret, "secret\n");
    rmSync(world.file);
    expect(readJson(await world.ask(world.base + path))).toMatchObject({ status: 404, code: "LOG_MISSING" });
    symlinkSync(secret, world.file);
    const reply = await world.ask(world.base + path);
    expect(readJson(reply)).toMatchObject({ status: 404, code: "LOG_UNREADABLE" });
    expect(String(reply.body)).not.toContain(world.folder);
  });
});
