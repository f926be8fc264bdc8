/** Renders a schema's fields as a Markdown table. `generate.ts` decides on which page it appears. */
import { z, type ZodType } from "zod";

interface Property {
  readonly description?: string;
  readonly default?: unknown;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Property[];
  readonly items?: Property;
  readonly properties?: Readonly<Record<string, Property>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Property | boolean;
}

const HEAD = "| option | type | default | what it is |\n| --- | --- | --- | --- |";

/** A row for each field, those of a map inside it below it: `source.dataset`; `*` stands for a name of the user's own. */
export function describeOptions(schema: ZodType): string {
  const written = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Property;
  const read = z.toJSONSchema(schema, { io: "output", unrepresentable: "any" }) as Property;
  return [HEAD, ...listRows(written, read, "")].join("\n");
}

/** `read` is the same field after parsing: only it has the default of a transformed field. */
function listRows(written: Property, read: Property, prefix: string): readonly string[] {
  return Object.entries(written.properties ?? {}).flatMap(([name, property]) => {
    const parsed = read.properties?.[name] ?? {};
    const path = `${prefix}${name}`;
    const cells = [
      `\`${path}\``,
      describeType(property, parsed),
      written.required?.includes(name) === true ? "required" : describePreset(property, parsed),
      property.description ?? "",
    ];
    return [`| ${cells.map(escapeCell).join(" | ")} |`, ...listInside(property, parsed, path)];
  });
}

function listInside(property: Property, parsed: Property, path: string): readonly string[] {
  const entries = property.additionalProperties;
  if (typeof entries !== "object") return listRows(property, parsed, `${path}.`);
  const parsedEntries = typeof parsed.additionalProperties === "object" ? parsed.additionalProperties : {};
  return listRows(entries, parsedEntries, `${path}.*.`);
}

function describePreset(property: Property, parsed: Property): string {
  if (property.default !== undefined) return `\`${JSON.stringify(property.default)}\``;
  if (typeof parsed.default === "number") return `\`${formatSeconds(parsed.default)}\``;
  return "";
}

function describeType(property: Property, parsed: Property = property): string {
  // Only a duration is a string that parsing changes into another type.
  if (property.type === "string" && parsed.type === undefined) return "duration";
  if (property.enum !== undefined) return property.enum.map((value) => `\`${String(value)}\``).join(", ");
  if (property.anyOf !== undefined) {
    return [...new Set(property.anyOf.map((branch) => describeType(branch)))].join(" or ");
  }
  if (property.type === "array") return `list of ${describeType(property.items ?? {})}`;
  if (property.type === "object") return "map";
  if (property.type === undefined) return "anything";
  return typeof property.type === "string" ? property.type : property.type.join(" or ");
}

const UNITS = [
  ["d", 86_400],
  ["h", 3600],
  ["m", 60],
] as const;

/** As written in a Dag file: `7d`, `30s`. */
function formatSeconds(seconds: number): string {
  const unit = UNITS.find(([, length]) => seconds >= length && seconds % length === 0);
  return unit === undefined ? `${seconds}s` : `${seconds / unit[1]}${unit[0]}`;
}

export function escapeCell(text: string): string {
  return text.replaceAll("|", "\\|");
}
