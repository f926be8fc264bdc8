/**
 * Which commands the texts of the sources and the pages for people recommend: those that stand in backticks, and in pages those
 * of code blocks too.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

const ROOMS = ["app", "cli", "config", "lake", "logs", "model", "scheduler", "state", "tasks", "web"];
const NOUNS = new Set(["dags", "runs", "tasks", "lake", "db"]);
/** One name for all of them: a command is the same on each. */
const PAGES = ["README.md", "docs/dags.md", "docs/operations.md"];
const PAGES_NAME = "docs";

/** `file command`, or `docs command` for what a page recommends; each once. */
export function listRecommended(root: string): readonly string[] {
  const ofSources = listSources(root).flatMap(({ name, text }) =>
    readCommands(dropComments(text)).map((command) => `${name} ${command}`),
  );
  const ofPages = PAGES.flatMap((page) =>
    // A line of a code block is as good as a text in backticks.
    readCommands(readFileSync(join(root, page), "utf8").replaceAll(/^\s*dagmar /gm, "`dagmar ")).map(
      (command) => `${PAGES_NAME} ${command}`,
    ),
  );
  return [...new Set([...ofSources, ...ofPages])].toSorted();
}

/**
 * Places where a sentence names a command without backticks, so that the list above lacks it. Examples of a command's help stand
 * alone in their text, and `docker compose run` names a container.
 */
export function listUnmarked(root: string): readonly string[] {
  return listSources(root).flatMap(({ name, text }) =>
    [...dropComments(text).matchAll(/(?<=[a-z,.:;)] )(?<!--rm |=\S+ )dagmar ([a-z]+)/g)].flatMap(
      ([found, word = ""]) => (NOUNS.has(word) || VERBS.has(word) ? [`${name}: ${found}`] : []),
    ),
  );
}

const VERBS = new Set(["run", "trigger", "backfill", "scheduler", "doctor", "init"]);

function listSources(root: string): readonly { readonly name: string; readonly text: string }[] {
  return ROOMS.flatMap((room) =>
    readdirSync(join(root, room), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
      .map((entry) => join(entry.parentPath, entry.name)),
  ).map((path) => ({ name: relative(root, path), text: readFileSync(path, "utf8") }));
}

/** Comments recommend nothing. */
function dropComments(text: string): string {
  return text.replaceAll(/\/\*\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
}

/** A template that begins with the program's name is no recommendation. */
function readCommands(text: string): readonly string[] {
  return [...text.matchAll(/(\\?)`dagmar ([a-z]+)(?: ([a-z]+))?/g)].flatMap(
    ([, escape, first = "", second]) => {
      if (!NOUNS.has(first)) return [first];
      // A verb that only the template knows, inside a text.
      if (second === undefined) return escape === "" ? [] : [first];
      return [`${first} ${second}`];
    },
  );
}
