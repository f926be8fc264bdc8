/** The guides to AWS Lambda: the same commands in both languages, which name what exists, and sums that are right. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { MAX_RECORDS_PER_BATCH } from "../../../model/records/record-batch.ts";
import { listCommandBlocks } from "../../docs/markdown.ts";
import { findProperties, readTemplate, showValue } from "./read-template.ts";

const read = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../../${name}`, import.meta.url)), "utf8");
const ENGLISH = read("deploy/lambda/README.md");
const PORTUGUESE = read("deploy/lambda/README.pt-BR.md");
const TEMPLATE = readTemplate(read("deploy/lambda/template.yaml"));
const PARAMETERS = findProperties(TEMPLATE, "Parameters");
const FUNCTION = findProperties(TEMPLATE, "Resources", "Function", "Properties");

const blocks = listCommandBlocks(ENGLISH);
const commands = blocks.flat();

describe("both guides", () => {
  it("have the same commands in the same order", () => {
    expect(commands.length).toBeGreaterThan(10);
    expect(listCommandBlocks(PORTUGUESE)).toEqual(blocks);
  });

  it("have as many headings, rows and rules, and link to each other", () => {
    const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;
    for (const pattern of [/^#+ /gm, /^\|/gm, /^- /gm]) {
      expect(count(PORTUGUESE, pattern), String(pattern)).toBe(count(ENGLISH, pattern));
    }
    expect(ENGLISH).toContain("](README.pt-BR.md)");
    expect(PORTUGUESE).toContain("](README.md)");
  });

  it("mark what is code alike", () => {
    const listCode = (text: string) => [
      ...new Set([...text.replaceAll(/```[\s\S]*?```/g, "").matchAll(/`[^`]+`/g)].map(([code]) => code)),
    ];
    expect(listCode(PORTUGUESE).toSorted()).toEqual(listCode(ENGLISH).toSorted());
  });
});

describe("the commands", () => {
  it("are six from nothing to running", () => {
    expect(blocks[1]).toHaveLength(6);
  });

  it("set parameters that the template has, and each that has no default", () => {
    const given = commands.flatMap((line) =>
      [...line.matchAll(/\b([A-Z]\w+)=(?=\S)/g)].map(([, name = ""]) => name),
    );
    const set = given.filter((name) => /[a-z]/.test(name));
    expect(set).toEqual(expect.arrayContaining(["Bucket", "ScheduleState"]));
    expect(set.filter((name) => !(name in PARAMETERS))).toEqual([]);
    const needed = Object.keys(PARAMETERS).filter((name) => !("Default" in findProperties(PARAMETERS, name)));
    expect(needed.filter((name) => !set.includes(name))).toEqual([]);
  });

  it("name the stack, the function, its log and its queue as the template does", () => {
    const stack = "dagmar";
    const names = {
      function: showValue(FUNCTION["FunctionName"]),
      log: showValue(findProperties(TEMPLATE, "Resources", "Log", "Properties")["LogGroupName"]),
      queue: showValue(findProperties(TEMPLATE, "Resources", "Failed", "Properties")["QueueName"]),
    };
    const told = Object.values(names).map((name) => name.replace("${AWS::StackName}", stack));
    expect(told).toEqual(["dagmar", "/aws/lambda/dagmar", "dagmar-failed"]);
    const all = commands.join("\n");
    for (const words of [
      `--stack-name ${stack} `,
      `--function-name ${told[0]} `,
      ` ${told[1]} `,
      `--queue-name ${told[2]} `,
    ]) {
      expect(`${all} `).toContain(words);
    }
  });
});

describe("the sums", () => {
  const ids = 37_006;
  const rate = Number(showValue(findProperties(PARAMETERS, "RatePerSecond")["Default"]));
  const seconds = Math.ceil(ids / rate);
  const gigabytes = Number(showValue(FUNCTION["MemorySize"])) / 1024;
  const gigabyteSeconds = Math.round(seconds * gigabytes);

  it.each([
    ["English", ENGLISH, (text: string) => text],
    [
      "Portuguese",
      PORTUGUESE,
      (text: string) => text.replaceAll(/[.,]/g, (mark) => (mark === "." ? "," : ".")),
    ],
  ])("are right in %s", (_language, guide, write) => {
    const expected = [
      `37,006 ÷ ${rate} = ${seconds} s`,
      `${seconds} s × ${gigabytes} GB = ${gigabyteSeconds} GB-s × 0.0000166667`,
      (gigabyteSeconds * 0.000_016_666_7).toFixed(4),
      `37,006 ÷ ${MAX_RECORDS_PER_BATCH} = ${Math.ceil(ids / MAX_RECORDS_PER_BATCH)}`,
      ((400 * 0.005) / 1000).toFixed(4),
      `${((ids * 10_000) / 1e9).toFixed(2)} GB × 0.023`,
      (0.37 * 0.023).toFixed(4),
      `3 s × ${gigabytes} GB = ${3 * 3 * gigabytes} GB-s`,
      (3 * 3 * gigabytes * 0.000_016_666_7).toFixed(4),
    ];
    expect(expected.map((text) => write(text)).filter((text) => !guide.includes(text))).toEqual([]);
  });
});
