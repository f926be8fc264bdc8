/** Checks that sources keep the project's laws. Pure: its caller lists the files. */
import { isBuiltin } from "node:module";
import { posix } from "node:path";
import { findCycles } from "./find-cycles.ts";
import * as laws from "./laws.ts";
import { listReferences, type Reference } from "./list-references.ts";
import { lineAt, maskSource, type MaskedSource } from "./mask-source.ts";

export interface Violation {
  readonly law: string;
  /** With the line, where there is one: `room/file.ts:12`. */
  readonly where: string;
  readonly what: string;
}

type Report = (law: string, line: number | undefined, what: string) => void;

/** `files`: paths from the project's root, with forward slashes, to the text of every file of the product's rooms. */
export function checkArchitecture(files: ReadonlyMap<string, string>): readonly Violation[] {
  const violations: Violation[] = [];
  const edges = new Map<string, readonly string[]>();
  for (const [path, text] of files) {
    const report: Report = (law, line, what) => {
      violations.push({ law, where: line === undefined ? path : `${path}:${line}`, what });
    };
    checkPath(path, report);
    if (!path.endsWith(".ts")) continue;
    checkShape(text, report);
    checkServices(path, text, report);
    const source = readSource(text, report);
    if (source === undefined) continue;
    const references = listReferences(source);
    edges.set(path, checkReferences(path, references, files, report));
    checkUses(path, text, source, references, report);
    checkBarrel(path, source, report);
  }
  for (const cycle of findCycles(edges)) {
    violations.push({ law: "cycle", where: cycle[0] ?? "", what: cycle.join(" → ") });
  }
  return violations;
}

function readSource(text: string, report: Report): MaskedSource | undefined {
  try {
    return maskSource(text);
  } catch (error) {
    report("readable", undefined, error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

function checkPath(path: string, report: Report): void {
  const parts = path.split("/");
  const stem = (parts.at(-1) ?? "").replace(/\.[^.]*$/, "");
  if (!(roomOf(path) in laws.ROOMS)) report("room", undefined, "it lies in no room of the house");
  if (!path.endsWith(".ts") || path.endsWith(".d.ts")) {
    report("name", undefined, "a room holds .ts sources only");
  }
  for (const name of [...parts.slice(0, -1), stem]) {
    if (laws.EMPTY_NAMES.has(name)) report("empty-name", undefined, `"${name}" does not say what lies in it`);
    if (!/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(name)) report("name", undefined, `"${name}" is not kebab-case`);
  }
  if (stem === "index" && !laws.FRONT_DOOR.test(path)) {
    report("barrel", undefined, "only a task type has an index.ts");
  }
}

function checkShape(text: string, report: Report): void {
  const lines = text.trimEnd().split("\n").length;
  if (lines > laws.MAX_LINES) {
    report("length", undefined, `${lines} lines; ${laws.MAX_LINES} are an answer, not a question`);
  }
  const opening = /^(?:#![^\n]*\n)?\/\*\*([\s\S]*?)\*\//.exec(text)?.[1];
  const sentence = opening?.replaceAll(/^\s*\*\s?/gm, "").trim() ?? "";
  if (!/^\S+\s+\S[\s\S]*[.!?)]/.test(sentence)) {
    report(
      "opening",
      1,
      "a file opens with a sentence in /** … */: what it decides, what it leaves to others",
    );
  }
}

/** The project files that a file imports. */
function checkReferences(
  path: string,
  references: readonly Reference[],
  files: ReadonlyMap<string, string>,
  report: Report,
): readonly string[] {
  const targets: string[] = [];
  for (const { specifier, kind, line } of references) {
    if (specifier === undefined) {
      // The composition root may look for its manifest, which lies one folder further up when compiled.
      if (kind !== "url" || path !== "cli/main.ts") {
        report("computed", line, `a computed ${kind} cannot be followed`);
      }
    } else if (/^\.{0,2}\//.test(specifier)) {
      const target = resolve(path, specifier, files);
      checkFloor(path, target, line, report);
      if (files.has(target)) targets.push(target);
      else report("unresolved", line, `${specifier} names no file of the rooms`);
    } else if (kind === "import") checkPackage(path, specifier, line, report);
  }
  return targets;
}

/** A worker is named as it will be compiled, so `.js` stands for `.ts`. */
function resolve(path: string, specifier: string, files: ReadonlyMap<string, string>): string {
  const target = specifier.startsWith("/") ? specifier : posix.join(posix.dirname(path), specifier);
  const source = target.replace(/\.js$/, ".ts");
  return files.has(target) ? target : source;
}

function checkFloor(path: string, target: string, line: number, report: Report): void {
  const from = roomOf(path);
  const to = roomOf(target);
  if (from === to || (laws.ROOMS[from] ?? []).includes(to)) return;
  report("floor", line, `${from} may not import ${to} (${target})`);
}

function checkPackage(path: string, specifier: string, line: number, report: Report): void {
  if (isBuiltin(specifier)) {
    if (!specifier.startsWith("node:")) report("package", line, `${specifier} is written node:${specifier}`);
    if (laws.DISGUISES.includes(specifier)) {
      report("disguise", line, `${specifier} hides globals from the laws`);
    }
    if (roomOf(path) === "model" && !laws.MODEL_BUILTINS.includes(specifier)) {
      report("package", line, `the model may not import ${specifier}`);
    }
    return;
  }
  const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
  const homes = laws.PACKAGE_HOMES[name] ?? [];
  if (!isAtHome(path, homes)) report("package", line, `${name} may be imported ${listHomes(homes)}`);
}

function checkUses(
  path: string,
  text: string,
  source: MaskedSource,
  references: readonly Reference[],
  report: Report,
): void {
  for (const use of laws.SOLE_USES) {
    const lines = listUses(use, source, references);
    if (isAtHome(path, use.homes)) {
      if (path === use.homes[0] && lines.length === 0) {
        report(use.law, undefined, "this is its home, but it is not used here");
      }
      continue;
    }
    for (const line of lines) report(use.law, line, `${use.reason}; allowed ${listHomes(use.homes)}`);
  }
  for (const { law, room, pattern, reason } of laws.NOWHERE) {
    if (room !== undefined && room !== roomOf(path)) continue;
    for (const match of source.code.matchAll(pattern)) report(law, lineAt(text, match.index), reason);
  }
}

function checkServices(path: string, text: string, report: Report): void {
  if (!laws.SERVICES.places.some((place) => path.startsWith(place))) return;
  for (const match of text.matchAll(laws.SERVICES.pattern)) {
    report("service", lineAt(text, match.index), `${match[0]} is named in its task type's folder only`);
  }
}

function listUses(
  use: laws.SoleUse,
  source: MaskedSource,
  references: readonly Reference[],
): readonly number[] {
  const inCode = use.patterns.flatMap((pattern) =>
    [...source.code.matchAll(pattern)].map((match) => lineAt(source.code, match.index)),
  );
  const inTexts = source.stretches.filter(({ text }) =>
    use.textPatterns?.some((pattern) => text.search(pattern) >= 0),
  );
  const imports = references.filter(({ specifier }) => use.modules?.includes(specifier ?? ""));
  return [
    ...inCode,
    ...inTexts.map(({ offset }) => lineAt(source.code, offset)),
    ...imports.map((reference) => reference.line),
  ];
}

/** Imports and re-exports, with all that may stand between the keyword and the text. */
const PASSING_ON = /(?<![\w$.])(?:import|export)\b[^"'`;()=]*["'] *["'];?/g;
const LOCAL_EXPORT = /(?<![\w$.])export\s*(?:type\s*)?\{[^}]*\};?/g;

function checkBarrel(path: string, source: MaskedSource, report: Report): void {
  if (laws.FRONT_DOOR.test(path) || !/(?<![\w$.])export\b/.test(source.code)) return;
  const own = source.code.replaceAll(PASSING_ON, "").replaceAll(LOCAL_EXPORT, "");
  if (own.trim() === "") report("barrel", undefined, "it only re-exports; import from where the thing lives");
}

function isAtHome(path: string, homes: readonly string[]): boolean {
  return homes.some((home) => (home.endsWith("/") ? path.startsWith(home) : path === home));
}

function listHomes(homes: readonly string[]): string {
  return homes.length === 0 ? "nowhere in the product" : `in ${homes.join(", ")} only`;
}

function roomOf(path: string): string {
  return path.split("/")[0] ?? "";
}
