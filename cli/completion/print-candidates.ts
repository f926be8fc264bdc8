/** `dagmar __complete WORDS…`: what the completion scripts ask. Whatever fails, it prints less and ends with 0. */
import { readdirSync } from "node:fs";
import path from "node:path";
import { readEnvironment } from "../../config/settings/environment.ts";
import { listVariables } from "../../config/settings/variables.ts";
import { readKnownNames, type KnownNames } from "../../state/completion-names.ts";
import { complete } from "./complete.ts";

/** A file's name may hold what steers a terminal. */
const PLAIN = /^[!-~]+$/;

/** Lines, each with its end. */
export function listCompletions(words: readonly string[], workingFolder: string): readonly string[] {
  const { variables } = readEnvironment(workingFolder);
  const place = (name: string): string => {
    const preset = listVariables([]).find((variable) => variable.name === name)?.default ?? "";
    return path.resolve(workingFolder, variables[name] ?? preset);
  };
  const ask = (use: (names: KnownNames) => readonly string[]): readonly string[] =>
    attempt(() => readKnownNames(place("DAGMAR_DB"), use));
  const found = attempt(() =>
    complete(words, {
      listDagIds: () =>
        attempt(() =>
          readdirSync(place("DAGMAR_DAGS"))
            .filter((name) => name.endsWith(".yaml") && !name.startsWith("."))
            .map((name) => name.slice(0, -".yaml".length)),
        ),
      listRunNames: () => ask(({ runs }) => runs),
      listTokenIds: () => ask(({ tokens }) => tokens),
      listTaskIds: (name) => ask((names) => names.listTasks(name.replace(/@.*$/, ""))),
    }),
  );
  return found
    .filter(({ value }) => PLAIN.test(value))
    .map(({ value, description }) => `${value}\t${description}\n`);
}

function attempt<Item>(read: () => readonly Item[]): readonly Item[] {
  try {
    return read();
  } catch {
    return [];
  }
}
