/**
 * Which variables a shell task's program gets: few of ours, those that the Dag names, and those about its attempt. Our
 * secrets are passed on only if the Dag asks for them.
 */
import { COOKIE_VARIABLE } from "../../model/run/attempt-cookie.ts";
import type { RunFacts } from "../../model/ports/task-type.ts";
import type { OWN_VARIABLES, ShellOptions } from "./options.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

const HANDED_ON = ["PATH", "HOME", "LANG", "TZ", "TMPDIR"];
/** Used if ours has none, because programs must be looked for somewhere. */
const USUAL_PATH = "/usr/local/bin:/usr/bin:/bin";

export interface AttemptFacts {
  readonly run: RunFacts;
  readonly taskId: string;
  readonly attempt: number;
  readonly cookie: string;
}

export function makeChildEnvironment(
  ours: Environment,
  { env, pass_env: passEnv }: Pick<ShellOptions, "env" | "pass_env">,
  { run, taskId, attempt, cookie }: AttemptFacts,
): Readonly<Record<string, string>> {
  const { dagId, runId, logicalDate, partition } = run;
  const own: Readonly<Record<(typeof OWN_VARIABLES)[number], string>> = {
    DAGMAR_DAG_ID: dagId,
    DAGMAR_RUN_ID: runId,
    DAGMAR_TASK_ID: taskId,
    DAGMAR_ATTEMPT: String(attempt),
    DAGMAR_LOGICAL_DATE: logicalDate,
    DAGMAR_PARTITION: partition,
    [COOKIE_VARIABLE]: cookie,
  };
  const named = Object.entries(env).map(([name, value]) => [name, String(value)]);
  return {
    PATH: USUAL_PATH,
    ...pick(ours, HANDED_ON),
    ...pick(ours, passEnv),
    ...(Object.fromEntries(named) as Record<string, string>),
    ...own,
  };
}

const SECRET_NAME = /KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH|URL/i;
/** Shorter values occur in many texts by chance. */
const LEAST_CHARACTERS = 6;

/** The values that are passed on and must not appear in the program's output. */
export function listHandedSecrets(ours: Environment, passEnv: readonly string[]): readonly string[] {
  return Object.entries(pick(ours, passEnv))
    .filter(([name]) => SECRET_NAME.test(name) && !name.endsWith("_FILE"))
    .flatMap(([, value]) => value.split("\n"))
    .map((line) => line.trim())
    .filter((line) => line.length >= LEAST_CHARACTERS)
    .toSorted((left, right) => right.length - left.length);
}

function pick(ours: Environment, names: readonly string[]): Readonly<Record<string, string>> {
  const found: [string, string][] = [];
  for (const name of names) {
    const value = Object.hasOwn(ours, name) ? ours[name] : undefined;
    if (value !== undefined) found.push([name, value]);
  }
  return Object.fromEntries(found);
}
