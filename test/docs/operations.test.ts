/** The metrics and events that docs/operations.md alerts on exist, and each alert has its row. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { METRICS, type MetricDescription } from "../../web/ops/metric-list.ts";
import { listTableRows, parseMarkdown } from "./markdown.ts";

const page = readFileSync(fileURLToPath(new URL("../../docs/operations.md", import.meta.url)), "utf8");

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly { readonly alert: string; readonly expr: string }[];
  }[];
}

const text = parseMarkdown(page).blocks.find((block) => block.language === "yaml")?.text ?? "";
const rules = (parse(text) as Rules).groups.flatMap((group) => group.rules);

const series = new Map(
  METRICS.flatMap((metric: MetricDescription) => {
    const suffixes = metric.type === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
    return suffixes.map((suffix) => [`${metric.name}${suffix}`, metric] as const);
  }),
);

/** Why an expression can never find anything. */
function listFaults(expression: string): readonly string[] {
  return [...expression.matchAll(/\b(dagmar_\w+)(?:\{(\w+)="(\w+)"\})?/g)].flatMap(
    ([, name = "", label, value]) => {
      const metric = series.get(name);
      if (metric === undefined) return [`there is no ${name}`];
      if (label === undefined) return [];
      if (!metric.labels.includes(label)) return [`${name} has no label ${label}`];
      const isKnown = metric.values?.includes(value ?? "") ?? true;
      return isKnown ? [] : [`${name} has no ${label}="${value}"`];
    },
  );
}

describe("docs/operations.md", () => {
  it("has alerts, each of them once", () => {
    const names = rules.map(({ alert }) => alert);
    expect(names.length).toBeGreaterThan(10);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(rules)("alerts in $alert on series that there are", ({ expr }) => {
    expect(expr).toMatch(/dagmar_/);
    expect(listFaults(expr)).toEqual([]);
    expect(expr.split("(").length).toBe(expr.split(")").length);
  });

  it("says of each alert what it means and what to do", () => {
    const rows = listTableRows(page, "Alert on what");
    expect(rows.map(([name]) => name)).toEqual(rules.map(({ alert }) => `\`${alert}\``));
    for (const [, meaning, remedy] of rows) {
      expect(meaning).not.toBe("");
      expect(remedy).not.toBe("");
    }
  });

  it.each([
    ["dagmar_nothing > 0", "there is no dagmar_nothing"],
    ["dagmar_schedule_delay_seconds > 0", "there is no dagmar_schedule_delay_seconds"],
    ['dagmar_runs{dag_id="x"} > 0', "dagmar_runs has no label dag_id"],
    ['dagmar_notices_total{result="lost"} > 0', 'dagmar_notices_total has no result="lost"'],
  ])("would be caught at %s", (expression, fault) => {
    expect(listFaults(expression)).toEqual([fault]);
  });
});

describe("docs/reference", () => {
  const read = (name: string): string =>
    readFileSync(fileURLToPath(new URL(`../../docs/reference/${name}`, import.meta.url)), "utf8");

  it("has every metric in a row of its own", () => {
    const names = listTableRows(read("metrics.md"), "Metrics").map(([name]) => name);
    expect(names).toEqual(METRICS.map(({ name }) => `\`${name}\``));
  });

  it.each(["task-types.md", "metrics.md", "dag-file.md", "commands.md"])(
    "shows no empty table in %s",
    (name) => {
      const lines = read(name).split("\n");
      const heads = lines.flatMap((line, at) => (/^\|(?: --- \|)+$/.test(line) ? [at] : []));
      expect(heads.length).toBeGreaterThan(0);
      expect(heads.filter((at) => lines[at + 1]?.startsWith("|") !== true)).toEqual([]);
    },
  );
});
