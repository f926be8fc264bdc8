/** Every target that documents name exists: files, headings, commands, options, npm scripts. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { COMMANDS } from "../../cli/commands/list.ts";
import { parseMarkdown } from "./markdown.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const NOT_OURS = new Set(["node_modules", "dist", "data", "coverage", "work", "results", ".git"]);
const pages = listPages(ROOT);
const scripts = Object.keys(
  (JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: Record<string, string> })
    .scripts,
);

function listPages(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return NOT_OURS.has(entry.name) ? [] : listPages(path);
    return entry.name.endsWith(".md") ? [path] : [];
  });
}

/** Links of the form `[text](target)`, with inline code taken away first. */
function listLinks(text: string): readonly string[] {
  const { prose } = parseMarkdown(text);
  const plain = prose.map((line) => line.replaceAll(/`[^`]*`/g, (code) => code.replaceAll(/[[\]()]/g, "_")));
  return [...plain.join("\n").matchAll(/\]\(([^()\s]+)\)/g)].map((match) => match[1] ?? "");
}

/** GitHub's anchor of a heading. */
function listAnchors(text: string): readonly string[] {
  return parseMarkdown(text)
    .prose.filter((line) => /^#+ /.test(line))
    .map((line) => line.replace(/^#+ /, "").toLowerCase())
    .map((heading) => heading.replaceAll(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-"));
}

/** Why a link leads nowhere; `undefined` when it leads somewhere, or out of the project. */
function findFault(page: string, text: string, link: string): string | undefined {
  if (/^[a-z]+:/.test(link)) return /^(?:https|mailto):/.test(link) ? undefined : `${link}: not https`;
  const [path = "", anchor] = link.split("#", 2);
  const target = path === "" ? page : resolve(dirname(page), path);
  if (relative(ROOT, target).startsWith("..")) return `${link}: leads out of the project`;
  if (!existsSync(target)) return `${link}: there is no such file`;
  if (anchor === undefined || statSync(target).isDirectory()) return undefined;
  const anchors = listAnchors(path === "" ? text : readFileSync(target, "utf8"));
  return anchors.includes(anchor) ? undefined : `${link}: there is no such heading`;
}

/** `dagmar <words and options>` in code, inline and fenced. */
function listCommandLines(text: string): readonly string[] {
  const { blocks, prose } = parseMarkdown(text);
  const inline = [...prose.join("\n").matchAll(/`([^`]+)`/g)].map((match) =>
    (match[1] ?? "").replaceAll(/\s+/g, " "),
  );
  const fenced = blocks.filter((block) => block.language === "sh").flatMap((block) => block.text.split("\n"));
  return [...inline, ...fenced].flatMap((code) => /(?:^|npx |&& )dagmar (.+)/.exec(code)?.[1] ?? []);
}

function findCommandFault(line: string): string | undefined {
  const words = line.replace(/ #.*/, "").trim().split(/\s+/);
  if (words[0]?.startsWith("-") === true) return undefined;
  const command = COMMANDS.find(({ name }) => words.slice(0, name.split(" ").length).join(" ") === name);
  if (command === undefined) return `dagmar ${line}: there is no such command`;
  const known = ["--help", ...(command.options ?? []).map(({ flags }) => flags.split(" ")[0])];
  const unknown = words.filter((word) => word.startsWith("--") && !known.includes(word));
  return unknown.length === 0 ? undefined : `dagmar ${line}: ${command.name} has no ${unknown.join(", ")}`;
}

function findScriptFaults(text: string): readonly string[] {
  return [...text.matchAll(/npm run (?:-s )?([a-z0-9:-]+)/g)]
    .map((match) => match[1] ?? "")
    .filter((script) => !scripts.includes(script));
}

describe("the documents", () => {
  it("are seen, all of them", () => {
    const names = pages.map((page) => relative(ROOT, page));
    expect(names).toEqual(
      expect.arrayContaining([
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "docs/architecture.md",
        "docs/dags.md",
        "docs/operations.md",
        "docs/glossary.md",
        "docs/state.md",
        "docs/decisions/README.md",
        "docs/reference/commands.md",
      ]),
    );
    expect(pages.flatMap((page) => listLinks(readFileSync(page, "utf8"))).length).toBeGreaterThan(30);
  });

  it.each(pages.map((page) => relative(ROOT, page)))("%s links to what is there", (name) => {
    const page = join(ROOT, name);
    const text = readFileSync(page, "utf8");
    expect(listLinks(text).flatMap((link) => findFault(page, text, link) ?? [])).toEqual([]);
  });

  it.each(pages.map((page) => relative(ROOT, page)))(
    "%s names commands, options and scripts that exist",
    (name) => {
      const text = readFileSync(join(ROOT, name), "utf8");
      expect(listCommandLines(text).flatMap((line) => findCommandFault(line) ?? [])).toEqual([]);
      expect(findScriptFaults(text)).toEqual([]);
    },
  );

  it("name every command that there is in the README", () => {
    const lines = listCommandLines(readFileSync(join(ROOT, "README.md"), "utf8"));
    const missing = COMMANDS.filter(({ name }) => !lines.some((line) => `${line} `.startsWith(`${name} `)));
    expect(missing.map(({ name }) => name)).toEqual([]);
  });

  it("list every decision, under the title that it bears", () => {
    const folder = join(ROOT, "docs/decisions");
    const index = readFileSync(join(folder, "README.md"), "utf8").replaceAll(/\s+/g, " ");
    const files = readdirSync(folder).filter((file) => /^\d{4}-/.test(file));
    expect(files.map((file) => Number(file.slice(0, 4)))).toEqual(files.map((_, at) => at + 1));
    for (const file of files) {
      const text = readFileSync(join(folder, file), "utf8");
      const title = /^# (.+)$/m.exec(text)?.[1] ?? "";
      expect(index).toContain(`[${title}](${file})`);
      expect(file.slice(5, -3)).toBe(title.toLowerCase().replaceAll("'", "").replaceAll(" ", "-"));
      expect(listAnchors(text).slice(1), file).toEqual([
        "context",
        "decision",
        "consequences",
        "a-change-violates-this-when",
      ]);
    }
  });
});

describe("a fault is caught", () => {
  const page = join(ROOT, "README.md");

  it.each([
    ["[a](docs/gone.md)", "docs/gone.md: there is no such file"],
    ["[a](docs/glossary.md#gone)", "docs/glossary.md#gone: there is no such heading"],
    ["[a](#gone)", "#gone: there is no such heading"],
    ["[a](../elsewhere.md)", "../elsewhere.md: leads out of the project"],
    ["[a](http://example.com)", "http://example.com: not https"],
  ])("in a link: %s", (text, fault) => {
    expect(listLinks(text).map((link) => findFault(page, text, link))).toEqual([fault]);
  });

  it.each([
    ["`dagmar schedule X`", "dagmar schedule X: there is no such command"],
    ["```sh\ndagmar run X --all\n```", "dagmar run X --all: run has no --all"],
    ["`npx dagmar lake`", "dagmar lake: there is no such command"],
  ])("in a command: %j", (text, fault) => {
    expect(listCommandLines(text).map(findCommandFault)).toEqual([fault]);
  });

  it("in a script's name", () => {
    expect(findScriptFaults("`npm run quickstart`, `npm run nothing`")).toEqual(["nothing"]);
  });

  it("while code that looks like a link is none", () => {
    expect(listLinks("`[a](b)`\n\n```sh\n[c](d)\n```\n[e](#f)")).toEqual(["#f"]);
  });
});
