/** The order for a new run, and what it would create, from a database and without a Dag folder. */
import type { DagsById } from "../../model/dag/dag-slots.ts";
import type { Params } from "../../model/dag/dag.ts";
import type { DagRun } from "../../model/run/dag-run.ts";
import { nameDag } from "../../scheduler/commands/named-dag.ts";
import { hashPlan } from "../../scheduler/commands/planned.ts";
import { describeNewRun } from "../../scheduler/commands/prepare-run.ts";
import { findRunByDate, type DagVersion } from "../../state/runs/dag-runs.ts";
import type { Order } from "../service/orders.ts";
import { quoteWord } from "../quote-word.ts";
import { checkParams } from "./check-params.ts";
import { chooseDate, type DateFacts } from "./choose-date.ts";

export interface NewRunWords {
  /** As a command takes it: a day, or an instant; `null` for now. */
  readonly date: string | null;
  readonly params: Params;
  /** Also a date after the next slot. */
  readonly isForced: boolean;
}

/** How the API calls them. */
const WORDS = { date: "logical_date", force: "force" } as const;

export interface NewRunPlan {
  /** ISO UTC; `null`: now. */
  readonly logicalDate: string | null;
  /** With the Dag's defaults. */
  readonly params: Params;
  readonly tasks: readonly string[];
  /** The run of that date: then none would be created. */
  readonly existing: DagRun | undefined;
  readonly hash: string;
  /** The command that does the same. */
  readonly command: string;
}

interface Chosen {
  readonly version: DagVersion;
  readonly logicalDate: string | null;
  readonly params: Params;
}

/** `dags`: those that the Dag may follow. Raises `USAGE`, `PARAM_INVALID`. */
export function planNewRun(
  facts: DateFacts,
  version: DagVersion,
  dags: DagsById,
  words: NewRunWords,
): NewRunPlan {
  const chosen = choose(facts, version, dags, words);
  const { logicalDate } = chosen;
  const plan = describeNewRun(chosen);
  const existing =
    logicalDate === null || facts.query === null
      ? undefined
      : findRunByDate(facts.query, facts.lakeId, plan.dagId, new Date(logicalDate));
  return { ...plan, existing, hash: hashPlan(plan), command: writeRunCommand(plan.dagId, words) };
}

/** `expected`: the hash of a preview, or `null`. Raises what `planNewRun` raises. */
export function orderNewRun(
  facts: DateFacts,
  version: DagVersion,
  dags: DagsById,
  words: NewRunWords,
  expected: string | null,
): Order<"run"> {
  const { logicalDate, params } = choose(facts, version, dags, words);
  const request = {
    dag: nameDag(version),
    logicalDate,
    params,
    isNew: true,
    onlyTasks: null,
    namedTasks: [],
    isRerun: false,
    isRefetch: false,
    mustBeNew: true,
    isForced: words.isForced,
    expected,
  };
  return { kind: "run", request };
}

function choose(facts: DateFacts, version: DagVersion, dags: DagsById, words: NewRunWords): Chosen {
  const { date, params, isForced } = words;
  checkParams(params, version.definition, "conf");
  const logicalDate =
    date === null ? null : chooseDate(facts, version.definition, dags, date, isForced, WORDS);
  return { version, logicalDate, params };
}

export function writeRunCommand(dagId: string, { date, params, isForced }: NewRunWords): string {
  return [
    `dagmar trigger ${dagId}`,
    ...(date === null ? [] : [`--date ${quoteWord(date)}`]),
    ...(isForced ? ["--force"] : []),
    ...writeParamWords(params),
  ].join(" ");
}

/** As `--param` takes them: a text that would be read as JSON is in quotes. */
export function writeParamWords(params: Params): readonly string[] {
  return Object.entries(params).map(([name, value]) => {
    const isText = typeof value === "string" && !isJson(value);
    return `--param ${quoteWord(`${name}=${isText ? value : JSON.stringify(value)}`)}`;
  });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
