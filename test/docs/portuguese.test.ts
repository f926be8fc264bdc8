/** The pages in Portuguese keep step with the English ones: commands, code, figures and links; and no sentence stays in English. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import {
  listDefaults,
  listEnglishFigures,
  listNamedDefaults,
  listPortugueseFigures,
} from "./facts-in-words.ts";
import { listCommandBlocks, listTableRows, parseMarkdown } from "./markdown.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

interface Pair {
  readonly portuguese: string;
  /** Each of the two links to the other at its top. */
  readonly english: string;
  /** The English pages whose commands it has, in the order in which it follows them: without them, `english` alone. */
  readonly sources?: readonly string[];
  /** `whole`: the same commands, code and figures. `condensed`: what the page has, its sources have, commands in their order. */
  readonly extent: "whole" | "condensed";
  /** Other files whose defaults, names and figures the page has. */
  readonly facts?: readonly string[];
}

const PAIRS: readonly Pair[] = [
  { portuguese: "README.pt-BR.md", english: "README.md", extent: "whole" },
  {
    portuguese: "docs/pt-BR/primeiros-passos.md",
    english: "README.md",
    sources: ["README.md", "docs/operations.md", "docs/web.md"],
    extent: "condensed",
    facts: ["quickstart/start.mjs"],
  },
  {
    portuguese: "docs/pt-BR/seus-csvs.md",
    english: "README.md",
    sources: ["README.md", "docs/reading-the-lake.md", "docs/operations.md"],
    extent: "condensed",
    facts: ["dags/csv_ingest.yaml", "dags/tmdb_ingest.yaml"],
  },
  {
    portuguese: "docs/pt-BR/seu-dag.md",
    english: "docs/dags.md",
    sources: ["README.md", "docs/dags.md"],
    extent: "condensed",
  },
  { portuguese: "docs/pt-BR/operacao.md", english: "docs/operations.md", extent: "condensed" },
  { portuguese: "docs/pt-BR/analise.md", english: "docs/analysis.md", extent: "whole" },
];

/** Generated pages, from which any condensed page may take a default or a name. */
const REFERENCE = ["configuration.md", "task-types.md", "dag-file.md"].map(
  (name) => `docs/reference/${name}`,
);

const listSources = ({ english, sources = [english] }: Pair): readonly string[] => sources;
const read = (page: string): string => readFileSync(join(ROOT, page), "utf8");
const readAll = (pages: readonly string[]): string => pages.map(read).join("\n\n");
const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;

/** What is not code: without fenced blocks, code in lines, comments and the targets of links. */
function listProse(text: string): string {
  return parseMarkdown(text)
    .prose.join("\n")
    .replaceAll(/`[^`]*`/g, "`code`")
    .replaceAll(/\]\([^)]*\)/g, "]")
    .replaceAll(/https?:\S+/g, "");
}

/** Code in lines, each once; one that continues in the next line is one. */
function listCode(text: string): readonly string[] {
  const codes = [
    ...parseMarkdown(text)
      .prose.join("\n")
      .matchAll(/`([^`]+)`/g),
  ];
  return [...new Set(codes.map(([, code = ""]) => code.replaceAll(/\s+/g, " ")))].toSorted();
}

/** Every command in its order: lines of `sh` blocks, and code in lines, which may be one. */
function listCandidates(text: string): readonly string[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$|`([^`]+)`/gm)].flatMap(([whole, language, , code]) => {
    if (code !== undefined) return code.replaceAll(/\s+/g, " ");
    return language === "sh" ? listCommandBlocks(whole).flat() : [];
  });
}

/** The first that the others do not have in this order. */
function findOutOfStep(commands: readonly string[], candidates: readonly string[]): string | undefined {
  let at = 0;
  return commands.find((command) => {
    const found = candidates.indexOf(command, at);
    at = found + 1;
    return found === -1;
  });
}

/** Other blocks: YAML, SQL, settings; comments may be in either language. */
function listOtherBlocks(text: string): readonly string[] {
  return parseMarkdown(text)
    .blocks.filter(({ language }) => language !== "sh" && language !== "text")
    .map(({ language, text: block }) => {
      const lines = block.split("\n").map((line) => line.replace(/(?:^|\s+)(?:#(?! dags\/)|-- ).*$/, ""));
      return `${language}\n${lines.filter((line) => line !== "").join("\n")}`;
    });
}

/** Words that Portuguese does not have: any of them outside of code and names is a sentence that was left. */
const ENGLISH_WORDS =
  /(?<!\p{L})(?:the|of|and|is|are|was|with|that|this|which|from|your|you|when|not|has|have|what|to|it|its|by|or|if|an|every|each|does|must|should|then|there)(?!\p{L})/giu;

/** Without names of links that lead to English pages, which the text says: `[reading the lake](…)`. */
function listEnglishWords(text: string): readonly string[] {
  const prose = listProse(text.replaceAll(/\[[^\]]*\]\([^)]*\)/g, ""));
  return prose.match(ENGLISH_WORDS) ?? [];
}

function listLinks(text: string): readonly string[] {
  return [
    ...parseMarkdown(text)
      .prose.join("\n")
      .matchAll(/\]\(([^()\s]+)\)/g),
  ].map(([, link = ""]) => link);
}

/** Links from `page`, as paths from the project's folder. */
function listTargets(page: string, text: string): readonly string[] {
  return listLinks(text)
    .filter((link) => !/^[a-z]+:|^#/.test(link))
    .map((link) => relative(ROOT, resolve(ROOT, dirname(page), link.split("#")[0] ?? "")));
}

/** Up to the first heading of a section. */
const readTop = (page: string): string => read(page).split(/^## /m)[0] ?? "";

/** English pages that there are in Portuguese. */
const translated = new Set(PAIRS.map(({ english }) => english));

describe("the table", () => {
  it("names every page in Portuguese, and pages that there are", () => {
    const found = readdirSync(join(ROOT, "docs/pt-BR")).map((name) => `docs/pt-BR/${name}`);
    expect(PAIRS.map(({ portuguese }) => portuguese).toSorted()).toEqual(
      ["README.pt-BR.md", ...found].toSorted(),
    );
    expect(PAIRS.flatMap(listSources).filter((page) => !existsSync(join(ROOT, page)))).toEqual([]);
  });
});

describe.each(PAIRS)("$portuguese", (pair) => {
  const { portuguese, english, facts = [] } = pair;
  const text = read(portuguese);
  const source = readAll(listSources(pair));
  const known = readAll([...listSources(pair), ...REFERENCE, ...facts]);

  it("has commands, which the English pages have in the same order", () => {
    const commands = listCommandBlocks(text).flat();
    expect(commands.length).toBeGreaterThan(0);
    expect(findOutOfStep(commands, listCandidates(source))).toBeUndefined();
  });

  it("has no other code that the English pages do not have", () => {
    const blocks = listOtherBlocks(source);
    expect(listOtherBlocks(text).filter((block) => !blocks.includes(block))).toEqual([]);
    const plain = known.replaceAll(/\s+/g, " ");
    expect(listCode(text).filter((code) => !plain.includes(code) && !facts.includes(code))).toEqual([]);
  });

  it("has no figure that the English pages do not have", () => {
    // A page may explain what it shows of a command's output.
    const shown = parseMarkdown(text).blocks.filter(({ language }) => language === "text");
    const figures = listEnglishFigures([known, ...shown.map((block) => block.text)].join("\n"));
    expect([...listPortugueseFigures(listProse(text))].filter((figure) => !figures.has(figure))).toEqual([]);
  });

  it("has no sentence in English", () => {
    expect(listEnglishWords(text)).toEqual([]);
  });

  it("links to the English page at its top, which links back", () => {
    expect(listTargets(portuguese, readTop(portuguese))).toContain(english);
    expect(listTargets(english, readTop(english))).toContain(portuguese);
  });

  it("links to pages in Portuguese where there are any", () => {
    const body = text.slice(readTop(portuguese).length);
    const toEnglish = listTargets(portuguese, body).filter(
      (target) => translated.has(target) && target !== english,
    );
    expect(toEnglish).toEqual([]);
  });
});

describe.each(PAIRS.filter(({ extent }) => extent === "whole"))("$portuguese, as a whole,", (pair) => {
  const text = read(pair.portuguese);
  const source = read(pair.english);

  it("has every command and every other block, in the same order", () => {
    expect(listCommandBlocks(text)).toEqual(listCommandBlocks(source));
    expect(listOtherBlocks(text)).toEqual(listOtherBlocks(source));
  });

  it("has all the code and all the figures of the English page", () => {
    const codes = listCode(text);
    expect(listCode(source).filter((code) => !codes.includes(code))).toEqual([]);
    const figures = listPortugueseFigures(listProse(text));
    expect([...listEnglishFigures(listProse(source))].filter((figure) => !figures.has(figure))).toEqual([]);
  });
});

it("defaults are those of the reference", () => {
  const defaults = listDefaults(readAll(REFERENCE));
  const named = PAIRS.flatMap(({ portuguese }) => listNamedDefaults(read(portuguese)));
  expect(named.length).toBeGreaterThan(8);
  expect(named.filter(([name, value]) => defaults.get(name)?.has(value) !== true)).toEqual([]);
});

describe("the README in Portuguese", () => {
  it("links to every other page in Portuguese", () => {
    const others = PAIRS.map(({ portuguese }) => portuguese).filter((page) => page !== "README.pt-BR.md");
    expect(listTargets("README.pt-BR.md", read("README.pt-BR.md"))).toEqual(expect.arrayContaining(others));
  });

  it("lists the same commands in its table, and as many promises", () => {
    const list = (page: string, heading: string): readonly string[] =>
      listTableRows(read(page), heading).map(([commands = ""]) => commands.replaceAll(/\b(?:ou|or)\b/g, "/"));
    expect(list("README.pt-BR.md", "Comandos")).toEqual(list("README.md", "Commands"));
    expect(count(read("README.pt-BR.md"), /^- \*\*/gm)).toBe(count(read("README.md"), /^- \*\*/gm));
  });
});

it("the sums that the first steps show are right", () => {
  const page = parseMarkdown(read("docs/pt-BR/primeiros-passos.md"));
  const lines = page.blocks.flatMap(({ language, text }) => (language === "text" ? text.split("\n") : []));
  const sums = lines.flatMap(
    (line) => /^\w+ +(\d+(?: +\d+)+)$/.exec(line)?.[1]?.split(/ +/).map(Number) ?? [],
  );
  expect(sums).toHaveLength(12);
  for (const row of [sums.slice(0, 6), sums.slice(6)]) {
    expect(row.slice(1).reduce((sum, part) => sum + part, 0)).toBe(row[0]);
  }
});

describe("a fault is caught", () => {
  it("in the order of commands", () => {
    const candidates = listCandidates("`a`\n\n```sh\nb --x \\\n  1\nc # why\n```\n\nand `d\ne`");
    expect(candidates).toEqual(["a", "b --x 1", "c", "d e"]);
    expect(findOutOfStep(["a", "c", "d e"], candidates)).toBeUndefined();
    expect(findOutOfStep(["c", "a"], candidates)).toBe("a");
  });

  it("in a figure", () => {
    expect([...listPortugueseFigures("37.006 ids, 1,5 MB, Node 20.19, duas e três")]).toEqual(
      expect.arrayContaining(["37006", "1.5", "20.19", "2", "3"]),
    );
    expect([...listEnglishFigures("37,006 ids, 1.5 MB, Node 20.19, two and three")]).toEqual(
      expect.arrayContaining(["37006", "1.5", "20.19", "2", "3"]),
    );
  });

  it("in a block whose code differs, and not where a comment does", () => {
    expect(listOtherBlocks("```yaml\n# dags/a.yaml\na: 1 # um\n```")).toEqual(
      listOtherBlocks("```yaml\n# dags/a.yaml\na: 1 # one\n```"),
    );
    expect(listOtherBlocks("```yaml\na: 2\n```")).not.toEqual(listOtherBlocks("```yaml\na: 1\n```"));
  });

  it.each([
    ["The scheduler runs each Dag.", 2],
    ["O scheduler roda cada Dag: `the code of it` e [the page](a.md), em inglês.", 0],
  ])("in a sentence: %s", (sentence, words) => {
    expect(listEnglishWords(sentence)).toHaveLength(words);
  });
});
