/** What the bench says of a figure, how it shows figures, and how it measures a process; the figures themselves take minutes. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  inform,
  judgeAtLeast,
  judgeAtMost,
  median,
  percentile,
  skip,
  writeTable,
  type Figure,
} from "../../bench/figure.ts";
import { canRun, measureProcess, runInTurns } from "../../bench/measure-process.ts";
import { saveReport, writePage } from "../../bench/write-results.ts";

const write = (seconds: number): string => `${seconds.toFixed(2)} s`;

describe("a verdict", () => {
  it.each([
    { value: 0.9, verdict: "reached", ratio: 0.9 },
    { value: 1, verdict: "reached", ratio: 1 },
    { value: 1.01, verdict: "missed", ratio: 1.01 },
    { value: Number.NaN, verdict: "missed", ratio: null },
  ])("of $value where 1 is the most is $verdict", ({ value, verdict, ratio }) => {
    expect(judgeAtMost("a", 1, { value, write })).toMatchObject({ verdict, ratio, target: "≤ 1.00 s" });
  });

  it.each([
    { value: 1_000, verdict: "reached", ratio: 1 },
    { value: 999, verdict: "missed", ratio: 0.999 },
    { value: Number.NaN, verdict: "missed", ratio: null },
  ])("of $value where 1,000 is the least is $verdict", ({ value, verdict, ratio }) => {
    expect(judgeAtLeast("a", 1_000, { value, write })).toMatchObject({
      verdict,
      ratio,
      target: "≥ 1000.00 s",
    });
  });

  it("of a target of nothing at all is reached by nothing alone, and has no ratio", () => {
    const judge = (value: number): Figure => judgeAtMost("requests", 0, { value, write: String });
    expect([judge(0), judge(1)].map(({ verdict, ratio }) => [verdict, ratio])).toEqual([
      ["reached", null],
      ["missed", null],
    ]);
  });
});

describe("the table", () => {
  const figures = [
    judgeAtMost("start-up", 0.3, { value: 0.15, write, note: "twice a bare Node" }),
    inform("wc -l", "0.10 s"),
    skip("DuckDB", "not on this machine"),
  ];

  it("shows measured, target, ratio and verdict in columns of one width", () => {
    expect(writeTable(figures).split("\n")).toEqual([
      "| figure   | measured                   | target   | measured / target | verdict |",
      "| -------- | -------------------------- | -------- | ----------------- | ------- |",
      "| start-up | 0.15 s (twice a bare Node) | ≤ 0.30 s | 0.50              | reached |",
      "| wc -l    | 0.10 s                     |          |                   | info    |",
      "| DuckDB   | not on this machine        |          |                   | skipped |",
    ]);
  });

  it("stays a table whatever stands in a cell", () => {
    const lines = writeTable([inform("a|b", "one\ntwo")]).split("\n");
    expect(lines[2]).toBe("| a\\|b   | one two  |        |                   | info    |");
  });

  it("is saved with its day, once for people and once for programs", () => {
    const folder = mkdtempSync(join(tmpdir(), "dagmar-bench-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const report = { date: "2026-11-23", isQuick: false, machine: "2 cores", figures };
    expect(saveReport(folder, report)).toBe(join(folder, "2026-11-23.md"));
    const page = readFileSync(join(folder, "2026-11-23.md"), "utf8");
    expect(page).toContain("1 reached, 0 missed, 1 skipped");
    expect(page).toContain(writeTable(figures));
    expect(JSON.parse(readFileSync(join(folder, "2026-11-23.json"), "utf8"))).toEqual(report);
  });

  it("says of smaller sizes that they say nothing", () => {
    expect(writePage({ date: "2026-11-23", isQuick: true, machine: "2 cores", figures })).toContain("Quick:");
  });
});

describe("the median", () => {
  it.each([
    { values: [3, 1, 2], expected: 2 },
    { values: [4, 1, 3, 2], expected: 2.5 },
    { values: [10, 9], expected: 9.5 },
    { values: [], expected: Number.NaN },
  ])("of $values is $expected", ({ values, expected }) => {
    expect(median(values)).toBe(expected);
  });
});

describe("a percentile", () => {
  it.each([
    { share: 0.5, expected: 3 },
    { share: 0.8, expected: 4 },
    { share: 0.81, expected: 5 },
    { share: 0.95, expected: 5 },
    { share: 1, expected: 5 },
    { share: 0, expected: 1 },
  ])("of five values, at $share, is the $expected. of them", ({ share, expected }) => {
    expect(percentile([5, 3, 1, 4, 2], share)).toBe(expected);
  });

  it("of nothing is not a number", () => {
    expect(percentile([], 0.95)).toBeNaN();
  });
});

describe("a measured process", () => {
  const runNode = (script: string): ReturnType<typeof measureProcess> =>
    measureProcess(process.execPath, ["-e", script]);

  it("gives its output and the peak of its own memory, not of the one that started it", async () => {
    const ballast = Buffer.alloc(200 * 1024 * 1024, 1);
    const small = await runNode("process.stdout.write('here')");
    const large = await runNode("globalThis.kept = Buffer.alloc(100 * 1024 * 1024, 1)");
    expect(ballast.byteLength).toBeGreaterThan(0);
    expect(small.stdout).toBe("here");
    expect(small.seconds).toBeGreaterThan(0);
    expect(small.peakMiB).toBeGreaterThan(10);
    expect(small.peakMiB).toBeLessThan(100);
    expect(large.peakMiB - small.peakMiB).toBeGreaterThan(80);
  });

  it("that fails raises with what it had to say", async () => {
    await expect(runNode("console.error('no room'); process.exitCode = 3")).rejects.toThrow(
      /ended with 3:[^]*no room/,
    );
  });

  it("is not counted as there when it is absent, or broken", async () => {
    expect(await canRun("/nowhere/aws", [])).toBe(false);
    expect(await canRun(process.execPath, ["-e", "process.exitCode = 1"])).toBe(false);
    expect(await canRun(process.execPath, ["-e", ""])).toBe(true);
  });

  it("takes turns with its rivals, another first in each round, and keeps the worst peak", async () => {
    const order: string[] = [];
    const contestants = ["a", "b"].map((name) => ({
      name,
      run: (round: number) => {
        order.push(`${name}${round}`);
        return Promise.resolve({ seconds: round, cpuSeconds: 1, peakMiB: 10 - round, stdout: name });
      },
    }));
    const standings = await runInTurns(contestants, 3);
    expect(order).toEqual(["a0", "b0", "b1", "a1", "a2", "b2"]);
    expect(standings.get("b")).toEqual({ seconds: 1, cpuSeconds: 1, peakMiB: 10, stdout: "b" });
  });
});
