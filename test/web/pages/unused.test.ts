/** Every word of a page is shown somewhere, and every class of the style sheet is on some page. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../../..");

function readSources(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
}

const PAGES = readSources("web/pages");
const SOURCES = [...PAGES, ...readSources("browser")];

/** A set of texts: its name, the type that lists them, and the sources that may use it. */
interface WordSet {
  /** For people. */
  readonly title: string;
  readonly name: string;
  readonly words: readonly string[];
  readonly users: readonly string[];
}

function listWordSets(): readonly WordSet[] {
  return PAGES.flatMap((source) =>
    [...source.matchAll(/^(export )?const (\w*WORDS): Words<(\w+)>/gm)].map(
      ([, exported, name = "", type = ""]) => ({
        title: exported === undefined ? `${name} of: ${source.slice(4, source.indexOf("\n"))}` : name,
        name,
        words: readNames(source, type),
        users: exported === undefined ? [source] : PAGES.filter((each) => each.includes(name)),
      }),
    ),
  );
}

/** The fields of an interface, without those of the objects in it. */
function readNames(source: string, type: string): readonly string[] {
  const body = new RegExp(`interface ${type} (?:extends [^{]*)?\\{\\n([^]*?)\\n\\}`).exec(source)?.[1] ?? "";
  return [...body.matchAll(/^ {2}readonly (\w+):/gm)].map(([, name = ""]) => name);
}

/** `const words = WORDS[language]` and `words.name`, or `WORDS[language].name`, or `const { name } = WORDS[language]`. */
function isRead(word: string, { name, users }: WordSet): boolean {
  return users.some((source) => {
    const bound = [...source.matchAll(new RegExp(`const (\\w+) = ${name}\\[`, "g"))].map(
      ([, own = ""]) => own,
    );
    const read = [...bound, `${name}\\[[^\\]]+\\]`].map((owner) => `\\b${owner}\\.${word}\\b`);
    const taken = `const \\{[^}]*\\b${word}\\b[^}]*\\} = ${name}\\[`;
    return new RegExp([...read, taken].join("|")).test(source);
  });
}

describe("words", () => {
  const sets = listWordSets();

  test("of many pages are looked at", () => {
    expect(sets.length).toBeGreaterThan(15);
    expect(sets.filter(({ words }) => words.length === 0).map(({ title }) => title)).toEqual([]);
  });

  test.each(sets)("of $title are all shown", (set) => {
    expect(set.words.filter((word) => !isRead(word, set))).toEqual([]);
  });
});

/** A part of a name is made from a state or a kind: `is-${kind}`. */
function isOnPage(name: string): boolean {
  const whole = new RegExp(`["'\`} ]${name}(?=["'\`$ ])`);
  if (SOURCES.some((source) => whole.test(source))) return true;
  const cut = name.indexOf("-") + 1;
  const [start, end] = [name.slice(0, cut), name.slice(cut)];
  return SOURCES.some(
    (source) => source.includes(`${start}\${`) && new RegExp(`"${end}"|\\b${end}:`).test(source),
  );
}

test("every class of the style sheet is on a page", () => {
  const style = readFileSync(join(ROOT, "browser/dagmar.css"), "utf8").replaceAll(/\/\*[^]*?\*\//g, "");
  const names = new Set([...style.matchAll(/\.([a-z][a-z0-9-]*)/g)].map(([, name = ""]) => name));
  expect(names.size).toBeGreaterThan(100);
  expect([...names].filter((name) => !isOnPage(name))).toEqual([]);
});
