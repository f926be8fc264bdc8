/** Windows of an attempt's log, and the search through it: every line once, whatever the file holds and happens to it. */
import {
  appendFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { locateAttemptLog } from "../../logs/attempt-log-location.ts";
import { createLineCounter } from "../../logs/line-counter.ts";
import { LINE_BYTES, type LogLine } from "../../logs/log-lines.ts";
import { searchLog } from "../../logs/log-search.ts";
import { openLogText, type LogText } from "../../logs/log-text.ts";
import { readWindow, type LogWindow, type WindowRequest } from "../../logs/log-window.ts";
import { makeTempFolder } from "../support/test-world.ts";

const KEY = { dagId: "daily", runId: "manual__2026-11-23T09:00:00.000Z", taskId: "load", attempt: 1 };
const AT = "2026-11-23T09:00:00.000Z";

interface World {
  readonly folder: string;
  readonly file: string;
  readonly open: () => Promise<LogText>;
}

function makeWorld(content: string | Buffer = ""): World {
  const folder = makeTempFolder();
  const file = locateAttemptLog(folder, KEY) ?? "";
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  const open = async (): Promise<LogText> => {
    const log = await openLogText(folder, KEY);
    if (log === undefined) throw new Error("there is no log");
    onTestFinished(() => log.close());
    return log;
  };
  return { folder, file, open };
}

const line = (text: string, level = "INFO "): string => `${AT} ${level} ${text}\n`;
const texts = ({ lines }: LogWindow): readonly string[] => lines.map(({ text }) => text);

async function look(log: LogText, request: Partial<WindowRequest>): Promise<LogWindow> {
  const direction = request.direction ?? "backwards";
  const from = direction === "backwards" ? log.sizeBytes : 0;
  return readWindow(log, createLineCounter(), { from, direction, mostLines: 500, isEnded: true, ...request });
}

async function readOnly(content: string | Buffer, more: Partial<WindowRequest> = {}): Promise<LogLine> {
  const { lines } = await look(await makeWorld(content).open(), more);
  expect(lines.length).toBe(1);
  return lines[0] as LogLine;
}

/** The whole log by windows of so many lines. */
async function walk(
  log: LogText,
  request: Pick<WindowRequest, "direction" | "mostLines" | "level">,
): Promise<readonly LogLine[]> {
  const all: LogLine[][] = [];
  let from = request.direction === "backwards" ? log.sizeBytes : 0;
  for (;;) {
    const window = await look(log, { ...request, from });
    all.push([...window.lines]);
    if (!window.hasMore) break;
    from = request.direction === "backwards" ? window.from : window.to;
  }
  return (request.direction === "backwards" ? all.toReversed() : all).flat();
}

const MANY = Array.from({ length: 20_000 }, (_, place) => `line ${place + 1} of é, ¼ and 映画`);

describe("windows", () => {
  test.each([
    ["forwards", 7_001],
    ["backwards", 7_001],
    ["forwards", 100_000],
    ["backwards", 100_000],
  ] as const)(
    "%s in steps of %i lines give each line once, with its number",
    async (direction, mostLines) => {
      const log = await makeWorld(MANY.map((text) => line(text)).join("")).open();
      const lines = await walk(log, { direction, mostLines });
      expect(lines.map(({ text }) => text)).toEqual(MANY);
      expect(lines.every(({ number }, place) => number === place + 1)).toBe(true);
      expect(lines[0]).toMatchObject({ at: AT, level: "info", rewrites: 0, cutBytes: 0 });
    },
  );

  test("of an end, a beginning and a place between are those lines alone", async () => {
    const log = await makeWorld(MANY.map((text) => line(text)).join("")).open();
    const end = await look(log, { mostLines: 2 });
    expect(texts(end)).toEqual(MANY.slice(-2));
    expect(texts(await look(log, { mostLines: 2, from: end.from }))).toEqual(MANY.slice(-4, -2));
    expect(texts(await look(log, { direction: "forwards", mostLines: 2, from: end.from }))).toEqual(
      MANY.slice(-2),
    );
    expect(texts(await look(log, { direction: "forwards", mostLines: 2 }))).toEqual(MANY.slice(0, 2));
  });

  test("of a level hold the lines that continue one of that level, however far they are apart", async () => {
    const quiet = MANY.map((text) => line(text, "DEBUG")).join("");
    const log = await makeWorld(
      `${quiet}${line("first", "ERROR")}    at one\n    at two\n${quiet}${line("second", "WARN ")}${line("last")}    of info\n`,
    ).open();
    const wanted = ["first", "    at one", "    at two", "second"];
    for (const direction of ["forwards", "backwards"] as const) {
      expect((await walk(log, { direction, mostLines: 2, level: "warn" })).map(({ text }) => text)).toEqual(
        wanted,
      );
    }
    const [first] = await walk(log, { direction: "backwards", mostLines: 1, level: "error" });
    expect(first?.number).toBe(MANY.length + 1);
  });
});

describe("a line", () => {
  test.each([
    ["10 %\r20 %\r100 %", { text: "100 %", rewrites: 2 }],
    ["done\r", { text: "done", rewrites: 0 }],
    ["10 %\r100 %\r\r", { text: "100 %", rewrites: 1 }],
    ["\u001b[31mred\u001b[0m", { text: "\u001b[31mred\u001b[0m", rewrites: 0 }],
    ["<script>alert(1)</script>", { text: "<script>alert(1)</script>" }],
  ])("%j is shown in its last state, as text", async (text, expected) => {
    expect(await readOnly(line(text))).toMatchObject({ at: AT, ...expected });
  });

  test.each([
    ["invalid UTF-8", Buffer.from([0x61, 0xff, 0xc3, 0x62, 0x0a]), "a\ufffd\ufffdb"],
    ["another program's text", Buffer.from("no log line\n"), "no log line"],
    ["the text of a killed writer", Buffer.from("half"), "half"],
  ])("of %s is shown as far as it is text", async (_, bytes, text) => {
    expect(await readOnly(bytes)).toMatchObject({ text, at: null, level: null });
  });

  test("that is too long is cut between two characters, and says how much is missing", async () => {
    const long = line("é".repeat(300_000));
    for (const direction of ["forwards", "backwards"] as const) {
      const { text, cutBytes } = await readOnly(long, { direction });
      expect(text).toMatch(/^é+$/u);
      expect(Buffer.byteLength(text) + cutBytes).toBe(600_000);
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(LINE_BYTES);
    }
  });

  test("that is too long because of its progress shows the last state", async () => {
    const states = Array.from({ length: 50_000 }, (_, place) => `${place} of 49999`).join("\r");
    expect(await readOnly(line(states))).toMatchObject({
      text: "49999 of 49999",
      rewrites: 49_999,
      cutBytes: 0,
    });
  });

  test("that is not finished yet is not shown while the attempt runs", async () => {
    const world = makeWorld(`${line("whole")}${AT} INFO  ha`);
    expect(texts(await look(await world.open(), { isEnded: false }))).toEqual(["whole"]);
    appendFileSync(world.file, "lf\n");
    expect(texts(await look(await world.open(), { isEnded: false }))).toEqual(["whole", "half"]);
  });
});

describe("a place in a log", () => {
  async function continueAfter(change: (world: World) => void) {
    const world = makeWorld(line("one") + line("two"));
    const before = await world.open();
    const mark = await before.mark(before.sizeBytes);
    change(world);
    const log = await world.open();
    const found = await log.find(mark);
    const window = await look(log, { direction: "forwards", from: found?.offset ?? 0 });
    return { gap: found?.gap, texts: texts(window) };
  }

  const rotate = ({ file }: World, text: string): void => {
    for (const [from, to] of [
      [".2", ".3"],
      [".1", ".2"],
      ["", ".1"],
    ]) {
      try {
        renameSync(file + from, file + to);
      } catch {
        // Not there yet.
      }
    }
    writeFileSync(file, line(text));
  };

  test.each<readonly [string, (world: World) => void, object]>([
    ["grew", ({ file }) => appendFileSync(file, line("three")), { gap: null, texts: ["three"] }],
    ["stayed", () => undefined, { gap: null, texts: [] }],
    ["was rotated", (world) => rotate(world, "three"), { gap: null, texts: ["three"] }],
    [
      "was rotated after a writer was killed in a line",
      (world) => {
        appendFileSync(world.file, "half");
        rotate(world, "three");
      },
      { gap: null, texts: ["half", "three"] },
    ],
    [
      "was rotated until its part was gone",
      (world) => ["a", "b", "c", "d"].forEach((text) => rotate(world, text)),
      { gap: "removed", texts: ["a", "b", "c", "d"] },
    ],
    [
      "was cut short",
      ({ file }) => truncateSync(file, line("one").length),
      { gap: "changed", texts: ["one"] },
    ],
    [
      "was cut short and written again",
      ({ file }) => {
        truncateSync(file, 0);
        appendFileSync(file, line("new") + line("and") + line("more"));
      },
      { gap: "changed", texts: ["new", "and", "more"] },
    ],
    [
      "was removed and written again",
      ({ file }) => {
        rmSync(file);
        writeFileSync(file, line("ONE") + line("TWO") + line("THREE"));
      },
      { texts: ["ONE", "TWO", "THREE"] },
    ],
  ])("is found again after the file %s", async (_, change, expected) => {
    expect(await continueAfter(change)).toMatchObject(expected);
  });

  test.each(["", "x", "1.2.3.4", "../../etc/passwd", `1.1.${"9".repeat(15)}.aaaaaaaaaaa.`])(
    "%j is no place",
    async (mark) => {
      expect(await (await makeWorld(line("one")).open()).find(mark)).toBe(undefined);
    },
  );
});

describe("what is not an attempt's own file is no log", () => {
  test.each<readonly [string, (world: World, outside: string) => void]>([
    ["a symbolic link to another file", ({ file }, outside) => symlinkSync(join(outside, "1.log"), file)],
    [
      "a folder that is a symbolic link",
      ({ file }, outside) => {
        rmSync(dirname(file), { recursive: true });
        symlinkSync(outside, dirname(file));
      },
    ],
    ["a folder", ({ file }) => mkdirSync(file)],
  ])("%s", async (_, change) => {
    const world = makeWorld(line("secret"));
    const outside = makeTempFolder();
    writeFileSync(join(outside, "1.log"), line("secret"));
    rmSync(world.file);
    change(world, outside);
    await expect(openLogText(world.folder, KEY)).rejects.toMatchObject({ code: "LOG_UNREADABLE" });
  });

  test("a run that was pruned", async () => {
    const { folder, file } = makeWorld(line("secret"));
    rmSync(dirname(file), { recursive: true });
    expect(await openLogText(folder, KEY)).toBe(undefined);
  });

  test.each([
    { dagId: ".." },
    { dagId: "a/b" },
    { runId: "../x" },
    { taskId: "..%2f" },
    { attempt: 0 },
    { attempt: 1.5 },
  ])("%j", async (change) => {
    expect(await openLogText(makeWorld(line("secret")).folder, { ...KEY, ...change })).toBe(undefined);
  });
});

describe("the search", () => {
  test.each([
    ["LINE 19999 ", [19_999]],
    ["É, ¼", "all"],
    ["映画", "all"],
    ["line 1.000", []],
    ["(", []],
  ] as const)("for %j finds lines in upper and lower case, with their numbers", async (text, expected) => {
    const log = await makeWorld(MANY.map((each) => line(each)).join("")).open();
    const { hits, count } = await searchLog(log, text);
    const numbers = expected === "all" ? MANY.map((__, place) => place + 1) : expected;
    expect(count).toBe(numbers.length);
    expect(hits.map(({ number }) => number)).toEqual(numbers.slice(-1_000));
    for (const { number, start } of hits.slice(0, 3)) {
      const { lines } = await look(log, { direction: "forwards", from: start, mostLines: 1 });
      expect(lines[0]).toMatchObject({ number, text: MANY[number - 1] });
    }
  });

  test.each([
    ["between two chunks", "", 2],
    ["there and later in the same line", `${"é".repeat(1024 * 1024)}needle`, 2],
  ])(
    "finds a text of a line that is longer than a chunk %s, and counts the line once",
    async (_, more, number) => {
      const padding = "x".repeat(1024 * 1024 - 3);
      const log = await makeWorld(
        `${line("one")}${padding}NEEDLE${more}${"y".repeat(3_000_000)}\n${line("needle")}`,
      ).open();
      const { hits, count } = await searchLog(log, "Needle");
      expect(count).toBe(2);
      expect(hits.map((hit) => hit.number)).toEqual([number, number + 1]);
      expect(hits[0]?.start).toBe(line("one").length);
    },
  );
});

describe("lines without a level of their own", () => {
  const counted = (log: LogText): { readonly log: LogText; readonly bytes: () => number } => {
    let bytes = 0;
    const read: LogText["read"] = (offset, lengthBytes, into) => {
      bytes += lengthBytes;
      return log.read(offset, lengthBytes, into);
    };
    return { log: { ...log, read }, bytes: () => bytes };
  };

  test("have that of the line above, wherever it stands", async () => {
    // The steps in which it is looked for end at each place of a line in turn.
    for (let more = 0; more < 120; more += 7) {
      const tail = `${"x".repeat(99)}\n`.repeat(1_500 + more) + "y".repeat(more);
      const log = await makeWorld(`${line("first")}${line("second", "WARN ")}${tail}`).open();
      const { lines } = await look(log, { mostLines: 3 });
      expect(lines.map(({ level }) => level)).toEqual(["warn", "warn", "warn"]);
    }
  });

  test("are as cheap as the text above them", async () => {
    const { log, bytes } = counted(await makeWorld("no head\n".repeat(200_000)).open());
    const { lines } = await look(log, { mostLines: 10 });
    expect(lines.map(({ level }) => level)).toEqual(Array.from({ length: 10 }, () => null));
    expect(bytes()).toBeLessThan(4 * 1024 * 1024);
  });
});
