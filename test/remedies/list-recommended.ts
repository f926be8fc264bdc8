/** Which commands the texts of the sources and of the operations page recommend: those that stand in backticks. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

const ROOMS = ["app", "cli", "config", "lake", "logs", "model", "scheduler", "state", "tasks", "web"];
const NOUNS = new Set(["dags", "runs", "tasks", "lake", "db"]);

/** `file command`, each once. */
export function listRecommended(root: string): readonly string[] {
  const files = ROOMS.flatMap((room) =>
    readdirSync(join(root, room), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  const found = [...files, join(root, "docs", "operations.md")].flatMap((path) =>
    readCommands(readFileSync(path, "utf8"), path.endsWith(".ts")).map(
      (command) => `${relative(root, path)} ${command}`,
    ),
  );
  return [...new Set(found)].toSorted();
}

/** Comments recommend nothing. A template that begins with the program's name is no recommendation either. */
function readCommands(text: string, isSource: boolean): readonly string[] {
  const read = isSource ? text.replaceAll(/\/\*\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "") : text;
  return [...read.matchAll(/(\\?)`dagmar ([a-z]+)(?: ([a-z]+))?/g)].flatMap(
    ([, escape, first = "", second]) => {
      if (!NOUNS.has(first)) return [first];
      // A verb that only the template knows, inside a text.
      if (second === undefined) return escape === "" ? [] : [first];
      return [`${first} ${second}`];
    },
  );
}
