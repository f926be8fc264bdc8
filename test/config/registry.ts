/** Task types for the tests, with options shaped like the real ones; none of them does anything. */
import { z } from "zod";
import type { AnyTaskType, TaskWrites } from "../../model/ports/task-type.ts";
import type { JsonValue } from "../../model/dag/dag.ts";

type Options = Readonly<Record<string, JsonValue>>;

function makeType(
  type: string,
  options: z.ZodType,
  parts: {
    writes?: (options: Options) => TaskWrites;
    own?: string[];
    outputs?: string[];
    faults?: AnyTaskType["listFaults"];
  } = {},
): AnyTaskType {
  return {
    type,
    summary: `Does what ${type} does.`,
    options,
    ownTemplateNames: parts.own ?? [],
    outputNames: parts.outputs ?? [],
    writes: (written) => parts.writes?.(written),
    reads: ({ source }) =>
      typeof source === "object" &&
      source !== null &&
      "dataset" in source &&
      typeof source.dataset === "string"
        ? [source.dataset]
        : [],
    exclusiveKey: () => null,
    ...(parts.faults === undefined ? {} : { listFaults: parts.faults }),
    run: () => Promise.resolve({}),
  };
}

const text = (value: JsonValue | undefined): string => (typeof value === "string" ? value : "");

const fileToLake = makeType(
  "file-to-lake",
  z.strictObject({
    dataset: z.string().regex(/^[a-z0-9_]+$/, "must be snake_case"),
    file: z.string().min(1),
    key: z.string(),
    on_unchanged: z.enum(["skip", "write"]).default("skip"),
    wait_for: z.strictObject({ timeout: z.string() }).optional(),
  }),
  {
    writes: (options) => ({ dataset: text(options["dataset"]), key: text(options["key"]), many: false }),
    outputs: ["key", "sha256"],
  },
);

const scalar = z.union([z.string(), z.number()]);
const condition = z.union([
  z.strictObject({ any_of: z.array(z.string()) }),
  z.strictObject({ at_least: z.number() }),
  z.strictObject({ equals: scalar }),
]);

const csvToIds = makeType(
  "csv-to-ids",
  z.strictObject({
    source: z.strictObject({ dataset: z.string() }),
    id: z.string(),
    where: z.record(z.string(), condition).default({}),
    max_faulty_rows: z.int().min(0).default(0),
  }),
  { outputs: ["candidates"] },
);

const tmdbToLake = makeType(
  "tmdb-to-lake",
  z.strictObject({
    dataset: z.string(),
    entity: z.enum(["movie", "series"]),
    language: z.string().regex(/^[a-z]{2}(-[A-Z]{2})?$/, "must be a language such as pt-BR"),
    append: z.array(z.string()).max(20).default([]),
    limit: z.int().min(0).nullable().default(null),
    key: z.string(),
  }),
  {
    writes: (options) => ({ dataset: text(options["dataset"]), key: text(options["key"]), many: true }),
    own: ["seq"],
    outputs: ["stored"],
  },
);

const noop = makeType("noop", z.strictObject({ note: z.string().optional() }));

export const registry: ReadonlyMap<string, AnyTaskType> = new Map(
  [fileToLake, csvToIds, tmdbToLake, noop].map((type) => [type.type, type]),
);

export const rules = { registry, timezone: "UTC", pools: new Set(["default", "tmdb"]) };
