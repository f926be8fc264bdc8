/** The JSON Schema of Dag files, as editors read it. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { generateDagSchema } from "../../config/dag-file/editor-schema.ts";
import { registry } from "./registry.ts";

interface Task {
  readonly if: { readonly properties: { readonly type: { readonly not: { readonly const: string } } } };
  readonly else: { readonly properties: { readonly with: Record<string, unknown> } };
}
interface DagSchema {
  readonly properties: {
    readonly [field: string]: { readonly description?: string };
    readonly tasks: {
      readonly description?: string;
      readonly additionalProperties: { readonly allOf: readonly Task[] };
    };
  };
}

const schema = generateDagSchema(registry) as DagSchema;

function findOptions(type: string): Record<string, unknown> {
  const found = schema.properties.tasks.additionalProperties.allOf.find(
    (task) => task.if.properties.type.not.const === type,
  );
  if (found === undefined) throw new Error(`the schema does not know ${type}`);
  return found.else.properties.with;
}

/** zod reads the schema of one task type's options back, so that it is tested as an editor would use it. */
const accepts = (type: string, options: unknown): boolean =>
  z.fromJSONSchema(findOptions(type)).safeParse(options).success;

test("every task type is offered, with its summary", () => {
  const text = JSON.stringify(schema);
  for (const { type, summary } of registry.values()) {
    expect(text).toContain(JSON.stringify({ const: type, description: summary }));
  }
});

test("it is the same each time, whatever the order of the registry, and is plain JSON", () => {
  const turned = generateDagSchema(new Map([...registry].toReversed()));
  expect(JSON.stringify(turned)).toBe(JSON.stringify(schema));
  expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
});

test("each field of a Dag file says what it is for", () => {
  for (const [name, field] of Object.entries(schema.properties)) {
    expect([name, field.description]).toEqual([name, expect.stringMatching(/\.$/)]);
  }
});

test("options may be templates where no text is expected", () => {
  const options = { dataset: "d", entity: "movie", language: "pt-BR", key: "k" };
  expect(accepts("tmdb-to-lake", options)).toBe(true);
  expect(accepts("tmdb-to-lake", { ...options, limit: "${params.limit}", append: "${params.append}" })).toBe(
    true,
  );
  expect(
    accepts("tmdb-to-lake", { ...options, entity: "${params.entity}", language: "pt-${params.land}" }),
  ).toBe(true);
  expect(accepts("tmdb-to-lake", { ...options, limit: "ten" })).toBe(false);
  expect(accepts("tmdb-to-lake", { ...options, language: "portuguese" })).toBe(false);
  expect(accepts("tmdb-to-lake", { ...options, limits: 1 })).toBe(false);
  expect(
    accepts("csv-to-ids", {
      source: { dataset: "m" },
      id: "id",
      where: { g: { any_of: "${params.genres}" } },
    }),
  ).toBe(true);
});

test.each(["csv_ingest", "tmdb_ingest", "oscar_ingest"])(
  "the options of %s are accepted, and the file names the schema",
  (name) => {
    const text = readFileSync(path.join(import.meta.dirname, `../../dags/${name}.yaml`), "utf8");
    expect(text.split("\n")[0]).toBe("# yaml-language-server: $schema=../docs/reference/dag.schema.json");
    const { tasks } = parse(text) as { tasks: Record<string, { type: string; with: unknown }> };
    const refused = Object.entries(tasks).filter(([, task]) => !accepts(task.type, task.with));
    expect(refused).toEqual([]);
  },
);
