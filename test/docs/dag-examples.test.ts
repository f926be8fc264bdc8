/** Every Dag in the documents is valid together with the shipped Dags, and what docs/dags.md says of fields and times is true. */
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { parse } from "yaml";
import { dagFileSchema } from "../../config/dag-file/dag-file-schema.ts";
import { loadDags } from "../../config/dag-file/load-dags.ts";
import { CATCHUPS, TRIGGER_RULES } from "../../model/dag/dag.ts";
import { findDayOf } from "../../model/time/local-day.ts";
import { parseInstant } from "../../model/time/local-time.ts";
import { createTimetable } from "../../model/time/timetable.ts";
import { createRegistry } from "../../tasks/registry.ts";
import { createTestClock, makeTempFolder, silentLog } from "../support/test-world.ts";
import { listTableRows, parseMarkdown } from "./markdown.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PAGES = ["README.md", "docs/dags.md"];

const registry = createRegistry({
  inputFolder: "/input",
  values: {},
  clock: createTestClock(),
  log: silentLog,
  random: () => 0,
});

const guide = readFileSync(join(ROOT, "docs/dags.md"), "utf8");

function listShown(page: string): readonly string[] {
  const { blocks } = parseMarkdown(readFileSync(join(ROOT, page), "utf8"));
  return blocks.filter((block) => block.language === "yaml").map((block) => block.text);
}

it("the shipped Dags and those of the documents are valid, and do not conflict", async () => {
  const shown = PAGES.flatMap((page) => {
    const texts = listShown(page);
    expect(texts.length, page).toBeGreaterThan(0);
    return texts;
  });
  const folder = makeTempFolder();
  cpSync(join(ROOT, "dags"), folder, { recursive: true });
  const shipped = readdirSync(folder).filter((name) => name.endsWith(".yaml"));
  for (const text of shown) {
    const name = /^# dags\/(\w+\.yaml)/m.exec(text)?.[1] ?? "";
    expect(readdirSync(folder), "a name of its own").not.toContain(name);
    writeFileSync(join(folder, name), text);
  }
  const loaded = await loadDags(folder, { registry, timezone: "UTC", pools: new Set(["default", "tmdb"]) });
  expect([...loaded.broken.values()].flat()).toEqual([]);
  expect(loaded.dags.size).toBe(shipped.length + shown.length);
});

interface Shape {
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly additionalProperties?: Shape | boolean;
  readonly anyOf?: readonly Shape[];
}

/** Paths of the fields that a schema names itself: `tasks.*.when.value`. */
function listFields(shape: Shape, prefix: string): readonly string[] {
  const branches = (shape.anyOf ?? []).flatMap((branch) => listFields(branch, prefix));
  const own = Object.entries(shape.properties ?? {}).flatMap(([name, inner]) => [
    `${prefix}${name}`,
    ...listFields(inner, `${prefix}${name}.`),
  ]);
  const entries = shape.additionalProperties;
  const inside = typeof entries === "object" ? listFields(entries, `${prefix}*.`) : [];
  return [...branches, ...own, ...inside];
}

/** The same paths of what an example holds; a name that the schema leaves to the user is `*`. */
function listUsed(value: unknown, shape: Shape, prefix: string): readonly string[] {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return [];
  const shapes = [shape, ...(shape.anyOf ?? [])];
  return Object.entries(value).flatMap(([name, inner]) => {
    const named = shapes.find((one) => one.properties?.[name] !== undefined)?.properties?.[name];
    if (named !== undefined) return [`${prefix}${name}`, ...listUsed(inner, named, `${prefix}${name}.`)];
    const entries = shapes.find((one) => typeof one.additionalProperties === "object")?.additionalProperties;
    return typeof entries === "object" ? listUsed(inner, entries, `${prefix}*.`) : [];
  });
}

const asShape = (schema: z.ZodType): Shape =>
  z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Shape;

describe("docs/dags.md", () => {
  const examples = listShown("docs/dags.md").map((text) => parse(text) as { tasks: Record<string, Task> });
  interface Task {
    readonly type: string;
    readonly with?: unknown;
  }

  it("has an example of every field of a Dag file", () => {
    const shape = asShape(dagFileSchema);
    const used = new Set(examples.flatMap((example) => listUsed(example, shape, "")));
    const fields = listFields(shape, "");
    expect(fields.length).toBeGreaterThan(40);
    expect(fields.filter((field) => !used.has(field))).toEqual([]);
  });

  it.each([...registry.keys()])("has an example of every option of %s", (type) => {
    const shape = asShape(registry.get(type)?.options ?? z.never());
    const tasks = examples.flatMap((example) => Object.values(example.tasks));
    const mine = tasks.filter((task) => task.type === type);
    expect(mine.length).toBeGreaterThan(0);
    const used = new Set(mine.flatMap((task) => listUsed(task.with ?? {}, shape, "")));
    expect(listFields(shape, "").filter((field) => !used.has(field))).toEqual([]);
  });

  it("has a row for every trigger rule and every catchup", () => {
    const nameRows = (heading: string): readonly (string | undefined)[] =>
      listTableRows(guide, heading).map(([first = ""]) => /^`(\w+)`/.exec(first)?.[1]);
    expect(nameRows("Trigger rules")).toEqual([...TRIGGER_RULES]);
    expect(nameRows("Catchup")).toEqual([...CATCHUPS]);
  });

  it.each(listTableRows(guide, "When the clocks change"))(
    "says correctly when %s runs in %s on %s",
    (schedule = "", timezone = "", day = "", runs = "") => {
      const expression = schedule.replaceAll("`", "");
      const { from, until } = findDayOf(parseInstant(day, timezone) ?? new Date(NaN), timezone);
      const timetable = createTimetable(expression, timezone, { startAt: null, endAt: null });
      const slots = timetable.between(from, new Date(until.getTime() - 1), 100);
      const told = runs.match(/\d\d:\d\d/g) ?? [];
      const times = slots.map((slot) => slot.toISOString().slice(11, 16));
      expect(told.length).toBeGreaterThan(0);
      expect(runs.includes("…") ? times.slice(0, told.length) : times).toEqual(told);
    },
  );

  it.each(
    listTableRows(guide, "A cron line").flatMap(([, cell = ""]) =>
      [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ""),
    ),
  )("shows %s, which is a schedule that comes due", (expression) => {
    const timetable = createTimetable(expression, "UTC", { startAt: null, endAt: null });
    expect(timetable.next(new Date("2026-11-23T00:00:00Z"))).toBeDefined();
  });
});
