/**
 * Templates in the syntax of other tools: Jinja's braces, `$name`, `{name}`, strftime's `%Y`. Without this check they
 * would be stored literally.
 */
import { suggestName, suggestOrList } from "../suggestion.ts";

export interface ForeignTemplate {
  readonly message: string;
  /** The right spelling. */
  readonly hint: string;
}

/** Which spellings count: `%Y` and `$name` have their own meaning in a text that a program reads. */
export interface ForeignRules {
  readonly known: ReadonlySet<string>;
  readonly isForProgram: boolean;
  /** A plain option, such as a key, and not a value to compare with. */
  readonly isPlainOption: boolean;
}

/** Airflow's names (its templates reference) and their equivalents here. */
const MEANT: Readonly<Record<string, string>> = {
  ds_nodash: "partition",
  date: "ds",
  ts: "logical_date",
  ts_nodash: "run_stamp",
  run_id: "run_stamp",
  execution_date: "logical_date",
  data_interval_start: "interval_start",
  data_interval_end: "interval_end",
  prev_ds: "interval_start",
};

const DATES = "${partition} is yyyy/mm/dd and ${ds} is yyyy-mm-dd, in the Dag's time zone";

/** Each spelling once, in the order of the text. */
export function findForeignTemplates(text: string, rules: ForeignRules): readonly ForeignTemplate[] {
  const found = [...findJinja(text, rules)];
  if (!rules.isForProgram) {
    found.push(...findBareNames(text, rules.known));
    const letters = rules.isPlainOption ? /%-?[YymdHMSjBbf](?![0-9A-Fa-f])/.exec(text) : null;
    if (letters !== null) found.push({ message: `${letters[0]} is not replaced here`, hint: DATES });
  }
  return found;
}

function findJinja(text: string, { known }: ForeignRules): readonly ForeignTemplate[] {
  return [...text.matchAll(/\$?\{\{(.*?)\}\}|\{%.*?%\}/g)].map(([written, inside]) => {
    const name = /[A-Za-z_][\w.]*/.exec(inside ?? "")?.[0] ?? "";
    return { message: `${written} is a template of another tool`, hint: writeRight(name, known) };
  });
}

function writeRight(name: string, known: ReadonlySet<string>): string {
  const param = /^(?:params|dag_run\.conf|var\.value)\.(\w+)$/.exec(name)?.[1];
  if (param !== undefined) return `write \${params.${param}}, and declare the param`;
  if (/^(?:ti|task_instance)\b/.test(name)) return "write ${outputs.TASK.NAME}";
  const meant = known.has(name) ? name : MEANT[name];
  return meant === undefined ? `write \${NAME}; ${suggestOrList(name, known)}` : `write \${${meant}}`;
}

/** `$partition`, `{partition}`: another name may not have been meant as a template. */
function findBareNames(text: string, known: ReadonlySet<string>): readonly ForeignTemplate[] {
  const bare =
    /(?<![\w$])\$((?:params|outputs\.\w+)\.\w+|[A-Za-z_]\w*)|(?<![${])\{((?:params|outputs\.\w+)\.\w+|[A-Za-z_]\w*)\}(?!\})/g;
  return [...text.matchAll(bare)].flatMap(([written, dollar, braced]) => {
    const name = dollar ?? braced ?? "";
    const near = /^did you mean "(.*)"\?$/.exec(suggestName(name, known) ?? "")?.[1];
    const meant = known.has(name) ? name : (MEANT[name] ?? near);
    return meant === undefined
      ? []
      : [{ message: `${written} is not a template`, hint: `write \${${meant}}` }];
  });
}
