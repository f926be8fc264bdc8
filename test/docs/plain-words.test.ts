/** Words that a tired reader stumbles over: the table in CONTRIBUTING.md says how often each is still there, and that may only fall. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** The table itself, what was released, and this test. */
const EXEMPT =
  /^(?:CONTRIBUTING\.md|CHANGELOG\.md|bench\/results\/.*|state\/sqlite\/migrations\/000[1-4]-.*|test\/docs\/plain-words\.test\.ts)$/;

interface Row {
  readonly words: readonly string[];
  readonly most: number;
}

function readTable(page: string): readonly Row[] {
  const section = /^## English$([\s\S]*?)^## /m.exec(page)?.[1] ?? "";
  return [...section.matchAll(/^\| ([^|]+?) +\| [^|]+\| +(\d+) \|$/gm)].map(([, words = "", most]) => ({
    words: words.split(", "),
    most: Number(most),
  }));
}

function count(texts: readonly string[], words: readonly string[]): number {
  const pattern = new RegExp(`\\b(?:${words.join("|").replaceAll(" ", String.raw`[\s*/]+`)})\\b`, "gi");
  return texts.reduce((sum, text) => sum + [...text.matchAll(pattern)].length, 0);
}

function readSources(): readonly string[] {
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  return listed
    .split("\0")
    .filter((file) => /\.(?:ts|mjs|cjs|md|ya?ml|sh)$|^Dockerfile$|^\.env\.example$/.test(file))
    .filter((file) => !EXEMPT.test(file))
    .flatMap((file) => readIfThere(join(ROOT, file)));
}

/** One that was deleted and not committed yet is still listed. */
function readIfThere(file: string): readonly string[] {
  try {
    return [readFileSync(file, "utf8")];
  } catch {
    return [];
  }
}

const rows = readTable(readFileSync(join(ROOT, "CONTRIBUTING.md"), "utf8"));
const sources = readSources();

test("the table and the sources are found", () => {
  expect(rows.length).toBeGreaterThan(12);
  expect(sources.length).toBeGreaterThan(700);
});

test.each(rows.map((row) => [row.words.join(", "), row] as const))("%s", (_name, { words, most }) => {
  expect(count(sources, words)).toBeLessThanOrEqual(most);
});

describe("a word is found", () => {
  test.each([
    ["in any case of its letters", "Whoever asks"],
    ["over a line of a comment", "it goes\n * on"],
  ])("%s", (_name, text) => {
    expect(count([text], ["whoever", "goes on"])).toBe(1);
  });
  test("and no other one that holds it", () => {
    expect(count(["besides, forgoes one"], ["beside", "goes on"])).toBe(0);
  });
});
