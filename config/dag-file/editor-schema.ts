/**
 * The JSON Schema of Dag files for editors: the file's shape with each task type's options and the templates that are
 * allowed.
 */
import { z } from "zod";
import type { AnyTaskType } from "../../model/ports/task-type.ts";
import { dagFileSchema } from "./dag-file-schema.ts";

interface JsonSchema {
  [name: string]: unknown;
}

const WHOLE_TEMPLATE = { type: "string", pattern: "^\\$\\{[^{}]+\\}$", description: "A template." };
const HELD_TEMPLATE = { type: "string", pattern: "\\$\\{[^{}]+\\}", description: "Text with templates." };
const STRING_LIMITS = ["pattern", "format", "minLength", "maxLength", "enum", "const"];

/** JSON Schema, draft 7 (what the YAML language server reads). The same registry gives the same object, in the same order. */
export function generateDagSchema(registry: ReadonlyMap<string, AnyTaskType>): object {
  const schema = toJsonSchema(dagFileSchema);
  const types = [...registry.values()].toSorted((left, right) => (left.type < right.type ? -1 : 1));
  const task = asSchema(asSchema(asSchema(schema["properties"])["tasks"])["additionalProperties"]);
  asSchema(task["properties"])["type"] = {
    description: "The task type: what the task does.",
    anyOf: types.map(({ type, summary }) => ({ const: type, description: summary })),
  };
  task["allOf"] = types.map((type) => ({
    // In reverse order, because `await` would take an object with the field `then` for a promise.
    if: { properties: { type: { not: { const: type.type } } } },
    else: describeOptions(type),
  }));
  return { ...schema, $id: "dag.schema.json", title: "A Dagmar Dag file" };
}

function describeOptions(type: AnyTaskType): JsonSchema {
  const { $schema: _dialect, ...options } = toJsonSchema(type.options);
  const isNeeded = Array.isArray(options["required"]) && options["required"].length > 0;
  return { properties: { with: permitInside(options) }, ...(isNeeded ? { required: ["with"] } : {}) };
}

function toJsonSchema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: "input", target: "draft-7", unrepresentable: "any" });
}

/** Permits templates for the values in an object, not for the object itself. */
function permitInside(schema: JsonSchema): JsonSchema {
  const inner: JsonSchema = { ...schema };
  if (isSchema(inner["properties"])) {
    inner["properties"] = Object.fromEntries(
      Object.entries(inner["properties"]).map(([name, value]) => [name, permit(asSchema(value))]),
    );
  }
  for (const name of ["additionalProperties", "items"]) {
    if (isSchema(inner[name])) inner[name] = permit(inner[name]);
  }
  for (const name of ["anyOf", "oneOf", "allOf"]) {
    const branches = inner[name];
    if (Array.isArray(branches)) inner[name] = branches.map((branch) => permitInside(asSchema(branch)));
  }
  return inner;
}

function permit(schema: JsonSchema): JsonSchema {
  const { description, default: preset, ...rest } = permitInside(schema);
  const outside = {
    ...(description === undefined ? {} : { description }),
    ...(preset === undefined ? {} : { default: preset }),
  };
  if (rest["type"] !== "string") {
    const takesAnyText = Object.keys(rest).length === 0;
    return takesAnyText ? outside : { ...outside, anyOf: [rest, WHOLE_TEMPLATE] };
  }
  const isLimited = STRING_LIMITS.some((name) => Object.hasOwn(rest, name));
  return isLimited ? { ...outside, anyOf: [rest, HELD_TEMPLATE] } : { ...outside, ...rest };
}

function isSchema(value: unknown): value is JsonSchema {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

function asSchema(value: unknown): JsonSchema {
  return isSchema(value) ? value : {};
}
