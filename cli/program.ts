/** The command line's grammar: nouns and verbs, options, help with examples. Each command's work is in its own file. */
import { Command as Commander, CommanderError } from "commander";
import { CommandRefused, type ExitCode } from "../model/errors.ts";
import { overrideLogLevel } from "../config/settings/environment.ts";
import type { Command, Invocation, OptionValues } from "./command.ts";
import { COMMANDS } from "./commands/list.ts";

export interface ProgramContext {
  readonly output: Invocation["output"];
  readonly drain: AbortSignal;
  readonly version: string;
  readonly endOnSignal: Invocation["endOnSignal"];
}

const NOUNS: Readonly<Record<string, string>> = {
  dags: "the Dag files: list, show, check, pause",
  runs: "the runs: list, show, cancel",
  tasks: "the tasks of a run: show logs, rerun, set the state by hand",
  lake: "stored objects and missing ids",
  ids: "the ids that were asked for: show one",
  tokens: "tokens for the API and the pages: create, list, revoke",
  db: "the database: migrate, back up, check, prune",
};

/** Runs the command line's command; gives its exit code. Raises `CommandRefused` `USAGE` for an invalid line. */
export async function runProgram(argv: readonly string[], context: ProgramContext): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  if (argv[0] === "__complete") {
    const { listCompletions } = await import("./completion/print-candidates.ts");
    process.stdout.write(listCompletions(argv.slice(1), process.cwd()).join(""));
    return 0;
  }
  if (argv[0] === "--version" || argv[0] === "-V") {
    context.output.line(await describeVersions(context.version));
    return 0;
  }
  const program = createRoot(context.version);
  const nouns = new Map<string, Commander>();
  for (const command of COMMANDS) {
    const [noun, verb] = command.name.split(" ");
    const parent = verb === undefined ? program : findNoun(program, nouns, noun ?? "");
    addCommand(parent, verb ?? noun ?? "", command, async (invocation) => {
      const { output, drain, endOnSignal } = context;
      if (invocation.options["utc"] === true) output.useUtc();
      overrideLogLevel(readLogLevel(invocation.options));
      exitCode = await command.run({ ...invocation, output, drain, endOnSignal });
    });
  }
  const [first, ...words] = argv;
  const helped = first === "help" && words.length > 0 ? findCommand(program, words) : undefined;
  if (helped !== undefined) {
    helped.outputHelp();
    return 0;
  }
  const { named, isUnknown } = findNamed(program, argv);
  try {
    // An unknown command is refused by name; commander's own help would print the whole list instead.
    const line = first === "help" && words.length > 0 ? words : isUnknown ? dropOptions(argv) : [...argv];
    await program.parseAsync(line, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version were requested, so they succeed. A noun alone prints its verbs, which is a usage error.
    if (error.code === "commander.helpDisplayed" || error.code === "commander.version") return 0;
    if (error.code === "commander.help") return error.exitCode === 0 ? 0 : 2;
    throw refuseLine(error, named);
  }
  return exitCode;
}

/** The command or noun of these words, such as `dags list`; `undefined` if a word is neither. */
function findCommand(program: Commander, words: readonly string[]): Commander | undefined {
  let found: Commander | undefined = program;
  for (const word of words) found = found?.commands.find((command) => command.name() === word);
  return found;
}

/** The command that the line names, or the noun, or the program itself; and whether the next word is no command of it. */
function findNamed(
  program: Commander,
  argv: readonly string[],
): { readonly named: Commander; readonly isUnknown: boolean } {
  let named = program;
  for (const word of dropOptions(argv)) {
    const next = named.commands.find((command) => command.name() === word);
    if (next === undefined) return { named, isUnknown: named.commands.length > 0 && word !== "help" };
    named = next;
  }
  return { named, isUnknown: false };
}

function dropOptions(argv: readonly string[]): string[] {
  return argv.filter((word) => !word.startsWith("-"));
}

/** Commander puts its suggestion after a line feed; any other line feed was typed by the user. */
function refuseLine(error: CommanderError, named: Commander): CommandRefused {
  const [message = "", suggestion] = error.message.replace(/^error: /, "").split(/\n\((Did you mean .*)\)$/);
  const names =
    named.parent === null
      ? []
      : [named.parent.parent === null ? [] : named.parent.name(), named.name()].flat();
  const what = named.commands.length > 0 ? "the commands" : "arguments and options";
  const help = `\`${["dagmar", ...names, "--help"].join(" ")}\` shows ${what}.`;
  return new CommandRefused("USAGE", message, {
    hint: suggestion === undefined ? help : `${suggestion} ${help}`,
  });
}

async function describeVersions(version: string): Promise<string> {
  const { readSqliteVersion } = await import("../state/sqlite/sqlite-version.ts");
  return `dagmar ${version}, Node ${process.versions.node}, SQLite ${readSqliteVersion() ?? "cannot be loaded"}`;
}

/** The two are the variable DAGMAR_LOG_LEVEL in short. */
function readLogLevel(options: OptionValues): "debug" | "warn" | undefined {
  if (options["quiet"] !== true) return options["verbose"] === true ? "debug" : undefined;
  if (options["verbose"] !== true) return "warn";
  throw new CommandRefused("USAGE", "--quiet and --verbose do not go together.", {
    hint: "Give one of them.",
  });
}

function createRoot(version: string): Commander {
  return configure(new Commander("dagmar"))
    .description("Dagmar feeds a data lake's raw zone: nothing lost, nothing twice, nothing silent.")
    .version(version, "-V, --version", "print the versions of dagmar, Node and SQLite")
    .addHelpText(
      "after",
      `
Examples:
  dagmar dags list                       all Dags
  dagmar run csv_ingest                  one run, now, in the foreground
  dagmar scheduler                       every Dag, when it is due
  dagmar run tmdb_ingest --param limit=100
  dagmar lake missing                    ids that are not stored, and why

Exit codes: 0 done, 1 failed, 2 usage, 75 try again later, 78 configuration`,
    );
}

function findNoun(program: Commander, nouns: Map<string, Commander>, noun: string): Commander {
  const known = nouns.get(noun);
  if (known !== undefined) return known;
  const made = configure(program.command(noun)).description(NOUNS[noun] ?? "");
  nouns.set(noun, made);
  return made;
}

function addCommand(
  parent: Commander,
  name: string,
  command: Command,
  act: (invocation: Pick<Invocation, "args" | "options">) => Promise<void>,
): void {
  const made = configure(parent.command(name)).description(command.summary);
  for (const argument of command.args ?? []) made.argument(argument.name, argument.description);
  for (const option of command.options ?? []) {
    if (option.isRepeatable === true) made.option(option.flags, option.description, collect);
    else made.option(option.flags, option.description, option.defaultValue);
  }
  made.option("-q, --quiet", "hide progress; log only warnings and errors");
  made.option("-v, --verbose", "log every step");
  made.option("--utc", "show times in UTC");
  made.addHelpText("after", `\nExamples:\n${command.examples.map((example) => `  ${example}`).join("\n")}`);
  made.action(async (...received: unknown[]) => {
    const args = received.slice(0, command.args?.length ?? 0) as Invocation["args"];
    await act({ args, options: made.opts() });
  });
}

function configure(command: Commander): Commander {
  return command
    .exitOverride()
    .showSuggestionAfterError(true)
    .configureOutput({ outputError: () => undefined })
    .allowExcessArguments(false);
}

function collect(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value];
}
