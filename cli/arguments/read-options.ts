/** Parses command-line values for the commands; an invalid value is refused with the valid form. */
import { assertParamKind, refuseUnknownParam } from "../../app/runs/check-params.ts";
import { suggestName } from "../../config/suggestion.ts";
import type { DagDefinition, JsonValue, Params } from "../../model/dag/dag.ts";
import { findTask } from "../../model/dag/dag.ts";
import { findDurationFault, parseDurationSeconds } from "../../model/time/duration.ts";
import { divideTime, type TimeBudget } from "../../model/time/time-budget.ts";
import { CommandRefused } from "../../model/errors.ts";

export function readCount(text: string | undefined, flag: string): number {
  if (text !== undefined && /^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new CommandRefused("USAGE", `${flag} takes a whole number from 1, not "${text ?? ""}".`);
}

/** A run that has less time would spend it on its start and its end. */
const LEAST_TIME_SECONDS = 10;

export function readTimeBudget(text: string | undefined, flag: string): TimeBudget | undefined {
  if (text === undefined) return undefined;
  const fault = findDurationFault(text);
  if (fault !== undefined) throw new CommandRefused("USAGE", `${flag} ${fault}, not "${text}".`);
  const seconds = parseDurationSeconds(text) ?? 0;
  if (seconds < LEAST_TIME_SECONDS)
    throw new CommandRefused("USAGE", `${flag} must be at least ${LEAST_TIME_SECONDS}s, not "${text}".`);
  return divideTime(seconds * 1000);
}

/** Values of a repeatable option, each of which may hold several with commas. */
export function readChoices<Choice extends string>(
  given: readonly string[],
  choices: readonly Choice[],
  flag: string,
): readonly Choice[] {
  return given
    .flatMap((text) => text.split(","))
    .map((text) => {
      const choice = choices.find((one) => one === text.trim());
      if (choice !== undefined) return choice;
      const hint = suggestName(text, choices);
      throw new CommandRefused("USAGE", `${flag} cannot be "${text}".`, {
        hint: hint === undefined ? `Use ${joinChoices(choices)}.` : `D${hint.slice(1)}`,
      });
    });
}

/** `a, b or c`. */
export function joinChoices(choices: readonly string[]): string {
  return choices.join(", ").replace(/, (?=[^,]*$)/, " or ");
}

/** The maximum number of rows of a list. 0 means all and gives -1, SQLite's LIMIT for all rows. */
export function readLimit(text: string | undefined): number {
  if (text === "0") return -1;
  if (text !== undefined && /^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new CommandRefused("USAGE", `--limit takes a whole number, 0 for all, not "${text ?? ""}".`);
}

/**
 * Parses `name=value` pairs against the Dag's declared params. A value is JSON unless the default is a string (`limit=10`,
 * `genres=["Drama"]`); a list may also be written with commas (`genres=Drama,Comedy`).
 */
export function readParams(pairs: readonly string[], dag: DagDefinition): Params {
  const params: Record<string, JsonValue> = {};
  for (const pair of pairs) {
    const split = pair.indexOf("=");
    const name = pair.slice(0, split);
    if (split < 1) {
      throw new CommandRefused("USAGE", `--param ${pair} has no name and value.`, {
        hint: "Write --param name=value.",
      });
    }
    if (!Object.hasOwn(dag.params, name)) throw refuseUnknownParam(`--param ${pair}`, dag, "It declares");
    params[name] = readParam(name, pair.slice(split + 1), dag.params[name] ?? null);
  }
  return params;
}

function readParam(name: string, text: string, preset: JsonValue): JsonValue {
  if (typeof preset === "string") return text;
  if (Array.isArray(preset) && !text.trimStart().startsWith("[")) {
    return text.split(",").map((item) => item.trim());
  }
  const value = parseJson(text);
  if (value === undefined) {
    if (preset === null) return text;
    throw new CommandRefused("PARAM_INVALID", `--param ${name}=${text}: this is neither a number nor JSON.`, {
      hint: `Its default is ${JSON.stringify(preset)}.`,
    });
  }
  assertParamKind(`--param ${name}=${text}`, value, preset);
  return value;
}

function parseJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

/** The named tasks and their upstream tasks, in the Dag's order; `null` when no task is named. */
export function readTasks(taskIds: readonly string[], dag: DagDefinition): readonly string[] | null {
  if (taskIds.length === 0) return null;
  const wanted = new Set<string>();
  const include = (taskId: string): void => {
    const task = findTask(dag, taskId);
    if (task === undefined) {
      throw new CommandRefused("TASK_UNKNOWN", `${dag.dagId} has no task ${taskId}.`, {
        hint: `It has ${dag.tasks.map((other) => other.taskId).join(", ")}.`,
      });
    }
    wanted.add(taskId);
    for (const need of task.needs) include(need);
  };
  for (const taskId of taskIds) include(taskId);
  const all = dag.tasks.map((task) => task.taskId).filter((taskId) => wanted.has(taskId));
  return all.length === dag.tasks.length ? null : all;
}
