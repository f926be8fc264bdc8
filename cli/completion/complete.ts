/**
 * Which words may follow on the command line, for a shell that asks at each press of a key: from the table of commands, the
 * names of Dag files and a few rows of the database. Reads no Dag file, loads no settings, and says nothing of what fails.
 */
import { ROLES } from "../../model/access/user.ts";
import type { Command } from "../command.ts";
import { COMMANDS } from "../commands/list.ts";

export interface Candidate {
  readonly value: string;
  readonly description: string;
}

/** Where names come from; each gives what it can, and nothing where it cannot. */
export interface CompletionSource {
  listDagIds(): readonly string[];
  /** `dag/run id`, newest first. */
  listRunNames(): readonly string[];
  /** Of the newest run of a Dag, or of the run of that name. */
  listTaskIds(name: string): readonly string[];
  /** Those that are not revoked. */
  listTokenIds(): readonly string[];
}

/** `words`: what stands behind `dagmar`, the last one being typed, perhaps empty. */
export function complete(words: readonly string[], source: CompletionSource): readonly Candidate[] {
  const current = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  return listCandidates(before, current, source).filter(({ value }) => value.startsWith(current));
}

function listCandidates(
  before: readonly string[],
  current: string,
  source: CompletionSource,
): readonly Candidate[] {
  const command = findCommand(before);
  if (command === undefined) return listCommands(before);
  const { given, pending } = readGiven(command, before.slice(command.name.split(" ").length));
  if (pending !== undefined) return completeValue(pending, given, source);
  if (current.startsWith("-")) return listOptions(command);
  return completeArgument(command, given, source);
}

function findCommand(before: readonly string[]): Command | undefined {
  return COMMANDS.find(({ name }) => name.split(" ").every((part, index) => part === before[index]));
}

/** Nouns and commands of one word; behind a noun, its verbs. */
function listCommands(before: readonly string[]): readonly Candidate[] {
  if (before.length > 1) return [];
  const found = new Map<string, string>();
  for (const { name, summary } of COMMANDS) {
    const [first = "", second] = name.split(" ");
    if (before.length === 0) found.set(first, second === undefined ? summary : "");
    else if (first === before[0] && second !== undefined) found.set(second, summary);
  }
  return [...found].map(([value, description]) => ({ value, description }));
}

interface OptionFlag {
  readonly value: string;
  readonly takesValue: boolean;
  readonly description: string;
}

function listFlags(command: Command): readonly OptionFlag[] {
  return [
    ...(command.options ?? []).flatMap(({ flags, description }) => {
      const long = /--[\w-]+/.exec(flags)?.[0];
      return long === undefined ? [] : [{ value: long, takesValue: flags.includes("<"), description }];
    }),
    { value: "--quiet", takesValue: false, description: "" },
    { value: "--utc", takesValue: false, description: "" },
    { value: "--verbose", takesValue: false, description: "" },
    { value: "--help", takesValue: false, description: "" },
  ];
}

const listOptions = (command: Command): readonly Candidate[] =>
  listFlags(command).map(({ value, description }) => ({ value, description }));

/** The arguments among the words, and the option whose value is to come. */
function readGiven(
  command: Command,
  words: readonly string[],
): { readonly given: readonly string[]; readonly pending: string | undefined } {
  const flags = listFlags(command);
  const given: string[] = [];
  let pending: string | undefined;
  for (const word of words) {
    if (pending !== undefined) pending = undefined;
    else if (word.startsWith("-")) {
      pending = flags.find(({ value, takesValue }) => takesValue && value === word)?.value;
    } else given.push(word);
  }
  return { given, pending };
}

const VALUES: Readonly<Record<string, readonly string[]>> = {
  "--state": ["queued", "running", "success", "failed", "cancelled"],
  "--outcome": ["not_found", "failed", "spooled", "not_asked"],
  "--role": ROLES,
  "--reprocess": ["none", "failed", "completed"],
};

function completeValue(
  option: string,
  given: readonly string[],
  source: CompletionSource,
): readonly Candidate[] {
  const values = option === "--task" ? source.listTaskIds(given[0] ?? "") : (VALUES[option] ?? []);
  return values.map((value) => ({ value, description: "" }));
}

function completeArgument(
  { name, args = [] }: Command,
  given: readonly string[],
  source: CompletionSource,
): readonly Candidate[] {
  const plain = (values: readonly string[], description = ""): readonly Candidate[] =>
    values.map((value) => ({ value, description }));
  switch ((args[given.length]?.name ?? "").replaceAll(/[<>[\].]/g, "")) {
    case "id":
      return plain(source.listDagIds(), "Dag");
    case "run":
      return [...plain(source.listDagIds(), "its newest run"), ...plain(source.listRunNames(), "run")];
    case "task":
      return plain(source.listTaskIds(given[0] ?? ""), "task");
    case "state":
      return name === "tasks mark" ? plain(["success", "failed", "skipped"]) : [];
    case "token-id":
      return plain(source.listTokenIds(), "token");
    case "shell":
      return plain(["bash", "zsh", "fish"]);
    default:
      return [];
  }
}
