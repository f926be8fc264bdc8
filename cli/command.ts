/** The declaration of a command, and the values it receives when it is called. */
import type { ExitCode } from "../model/errors.ts";
import type { Output } from "./output/output.ts";

export interface CommandOption {
  /** Commander's form: `--date <date>`, `--param <name=value...>`. */
  readonly flags: string;
  readonly description: string;
  /** The option may be repeated; its values are collected. */
  readonly isRepeatable?: boolean;
  readonly defaultValue?: string;
}

export interface CommandArgument {
  /** Commander's form: `<id>`, `[files...]`. */
  readonly name: string;
  readonly description: string;
}

export type OptionValues = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

export interface Invocation {
  /** One entry for each declared argument; a variadic argument is a list. */
  readonly args: readonly (string | readonly string[] | undefined)[];
  readonly options: OptionValues;
  readonly output: Output;
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly drain: AbortSignal;
  /** For a command that only looks: from now on the first signal ends the process, with 130 or 143. */
  readonly endOnSignal: () => void;
}

export interface Command {
  /** `dags list`, or a single word. */
  readonly name: string;
  readonly summary: string;
  readonly args?: readonly CommandArgument[];
  readonly options?: readonly CommandOption[];
  /** Whole command lines. */
  readonly examples: readonly string[];
  /** Imports what it needs when it is called: `--help` loads nothing. */
  run(invocation: Invocation): Promise<ExitCode>;
}

/** The option that every reading command has. */
export const JSON_OPTION: CommandOption = { flags: "--json", description: "print JSON instead of a table" };

/** The option of commands that show progress. */
export const WATCH_OPTION: CommandOption = {
  flags: "--watch",
  description: "show it again whenever it changes; Ctrl-C ends this with 130",
};

/** A text option, or `undefined`. */
export function readText(options: OptionValues, name: string): string | undefined {
  const value = options[name];
  return typeof value === "string" ? value : undefined;
}

export function readList(options: OptionValues, name: string): readonly string[] {
  const value = options[name];
  return Array.isArray(value) ? (value as readonly string[]) : [];
}

export function isSet(options: OptionValues, name: string): boolean {
  return options[name] === true;
}
