/** What a zod schema finds wrong with a value, in the words of a Dag file's author, with hints. */
import { z, type ZodType } from "zod";
import { cutText } from "../../model/text/cut-text.ts";
import type { JsonValue } from "../../model/dag/dag.ts";
import { suggestOrList } from "../suggestion.ts";
import type { Fault, FaultPath } from "./fault.ts";

type Issue = z.core.$ZodIssue;

/** Decides which issues are ignored, given the value that they are about. */
export type IsTrusted = (value: JsonValue | undefined, issue: Issue) => boolean;

/** Every fault that `schema` finds in `value`; their paths start with `base`. */
export function listSchemaFaults(
  schema: ZodType,
  value: JsonValue,
  base: FaultPath = [],
  isTrusted: IsTrusted = () => false,
): readonly Fault[] {
  return readBySchema(schema, value, base, isTrusted).faults;
}

export interface SchemaReading<Value> {
  /** `undefined` where there are issues, trusted ones too. */
  readonly parsed: Value | undefined;
  readonly faults: readonly Fault[];
}

/** The value as `schema` gives it, and what `listSchemaFaults` lists, in one pass. */
export function readBySchema<Value>(
  schema: ZodType<Value>,
  value: JsonValue,
  base: FaultPath = [],
  isTrusted: IsTrusted = () => false,
): SchemaReading<Value> {
  const result = schema.safeParse(value);
  if (result.success) return { parsed: result.data, faults: [] };
  const faults = result.error.issues.flatMap((issue) => describeIssue(schema, value, issue, isTrusted));
  const listed = dropSlips(faults).map((fault) =>
    Object.assign({}, fault, { path: [...base, ...fault.path] }),
  );
  return { parsed: undefined, faults: listed };
}

/** A field that is missing only because its name is misspelt is one fault, not two. */
function dropSlips(faults: readonly Fault[]): readonly Fault[] {
  const meant = new Set(
    faults.flatMap((fault) => {
      const name = /^did you mean "(.*)"\?$/.exec(fault.hint ?? "")?.[1];
      return fault.isAboutName === true && name !== undefined
        ? [JSON.stringify([...fault.path.slice(0, -1), name])]
        : [];
    }),
  );
  return faults.filter((fault) => !isMissing(fault) || !meant.has(JSON.stringify(fault.path)));
}

function isMissing(fault: Fault): boolean {
  return fault.message === describeMissing(fault.path).message;
}

/** The value at a path, or `undefined` where there is none. */
function readPath(value: JsonValue | undefined, path: readonly PropertyKey[]): JsonValue | undefined {
  let current = value;
  for (const name of path) {
    if (current === null || typeof current !== "object" || !Object.hasOwn(current, name)) return undefined;
    current = (current as Readonly<Record<PropertyKey, JsonValue>>)[name];
  }
  return current;
}

function describeIssue(
  schema: ZodType,
  root: JsonValue,
  issue: Issue,
  isTrusted: IsTrusted,
): readonly Fault[] {
  const path = toFaultPath(issue.path);
  const value = readPath(root, issue.path);
  if (isTrusted(value, issue)) return [];
  const isAboutValue =
    issue.code === "invalid_type" || issue.code === "invalid_value" || issue.code === "invalid_union";
  if (value === undefined && isAboutValue) return [describeMissing(path)];
  switch (issue.code) {
    case "unrecognized_keys": {
      const known = listFieldNames(schema, issue.path);
      return issue.keys.map((name) => ({
        path: [...path, name],
        message: `unknown field ${JSON.stringify(name)}`,
        hint: suggestOrList(name, known),
        isAboutName: true,
      }));
    }
    case "invalid_key":
      return [
        {
          path,
          message: `the name ${issue.issues.map((inner) => inner.message).join(", ")}`,
          isAboutName: true,
        },
      ];
    case "invalid_type":
      return [describeType(path, issue.expected, value, issue.message)];
    case "invalid_value":
      return [describeChoice(path, issue.values.map(String), value)];
    case "invalid_union":
      return describeUnion(schema, root, issue, isTrusted);
    case "custom":
    case "invalid_element":
    case "invalid_format":
    case "not_multiple_of":
      break;
    case "too_big":
    case "too_small":
      return [{ path, message: describeLimit(issue) }];
  }
  return [{ path, message: decapitalise(issue.message), ...addUnitHint(issue.message, value) }];
}

function describeMissing(path: FaultPath): Fault {
  const name = path.at(-1);
  return { path, message: name === undefined ? "the value is missing" : `the field "${name}" is missing` };
}

function describeType(
  path: FaultPath,
  expected: string,
  value: JsonValue | undefined,
  message: string,
): Fault {
  if (!message.startsWith("Invalid input")) return { path, message, ...addUnitHint(message, value) };
  const hint = findTypeHint(nameType(expected), value);
  return {
    path,
    message: `must be ${nameType(expected)}, but is ${nameValue(value)}`,
    ...(hint === undefined ? {} : { hint }),
  };
}

/** How the value would be written; `undefined` if it cannot be guessed. */
function findTypeHint(expected: string, value: JsonValue | undefined): string | undefined {
  if (expected === "text" && typeof value === "number") return "text in YAML: put it in quotes";
  if (expected === "a map" && value === null) return "indent its fields below it";
  if (expected === "a map" && Array.isArray(value)) return "write name: value, without dashes";
  if (expected === "a list" && typeof value === "string" && /^[\w .,/=-]{1,60}$/.test(value)) {
    return `write [${value.split(/[ ,]+/).filter(Boolean).join(", ")}]`;
  }
  return undefined;
}

/** Zod's own words for a limit; a schema may have better ones. */
function describeLimit(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  if (!/^Too (?:small|big)/.test(issue.message)) return decapitalise(issue.message);
  const [word, limit] = issue.code === "too_small" ? ["at least", issue.minimum] : ["at most", issue.maximum];
  if (issue.origin === "string")
    return `must have ${word} ${limit} ${limit === 1 ? "character" : "characters"}`;
  if (issue.origin === "array") return `must have ${word} ${limit} ${limit === 1 ? "entry" : "entries"}`;
  return `must be ${word} ${limit}`;
}

function describeChoice(path: FaultPath, choices: readonly string[], value: JsonValue | undefined): Fault {
  const written = typeof value === "string" ? value : "";
  return {
    path,
    message: choices.length === 1 ? `must be ${choices[0]}` : `must be one of ${choices.join(", ")}`,
    ...(written === "" || choices.length === 1 ? {} : { hint: suggestOrList(written, choices) }),
  };
}

/**
 * Of a union's branches the closest one reports its faults: the one whose faults lie deepest, because it alone matched
 * the outer shape. A branch that has only trusted faults matches.
 */
function describeUnion(
  schema: ZodType,
  root: JsonValue,
  issue: z.core.$ZodIssueInvalidUnion,
  isTrusted: IsTrusted,
): readonly Fault[] {
  const path = toFaultPath(issue.path);
  const branches = issue.errors.map((inner) =>
    inner.flatMap((one) =>
      describeIssue(schema, root, { ...one, path: [...issue.path, ...one.path] }, isTrusted),
    ),
  );
  if (branches.some((faults) => faults.length === 0)) return [];
  const inner = branches.filter((faults) => faults.every((fault) => fault.path.length > path.length));
  const nearest = inner.toSorted((left, right) => left.length - right.length)[0];
  if (nearest !== undefined) return nearest;
  if (issue.message !== "Invalid input") return [{ path, message: issue.message }];
  const messages = new Set(branches.flatMap((faults) => faults.slice(0, 1).map((fault) => fault.message)));
  return [{ path, message: [...messages].join("; or ") || "is not valid" }];
}

/** The fields that an object at this path may have, over all branches of unions. */
function listFieldNames(schema: ZodType, path: readonly PropertyKey[]): readonly string[] {
  let nodes: readonly JsonSchema[] = [
    z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema,
  ];
  for (const name of path) {
    nodes = nodes.flatMap(listBranches).flatMap((node) => {
      const found =
        typeof name === "number"
          ? node.items
          : (node.properties?.[String(name)] ?? node.additionalProperties);
      return found !== undefined && typeof found === "object" ? [found] : [];
    });
  }
  return [...new Set(nodes.flatMap(listBranches).flatMap((node) => Object.keys(node.properties ?? {})))];
}

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
}

function listBranches(node: JsonSchema): readonly JsonSchema[] {
  const inner = [...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.allOf ?? [])];
  return [node, ...inner.flatMap(listBranches)];
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: "text",
  int: "a whole number",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "a map",
  record: "a map",
  null: "null",
};

function nameType(expected: string): string {
  return TYPE_NAMES[expected] ?? expected;
}

function nameValue(value: JsonValue | undefined): string {
  if (value === undefined) return "missing";
  if (value === null) return "empty";
  if (typeof value === "string") return `text (${JSON.stringify(cutText(value, 60))})`;
  if (typeof value === "object") return Array.isArray(value) ? "a list" : "a map";
  return JSON.stringify(value);
}

function addUnitHint(message: string, value: JsonValue | undefined): { hint?: string } {
  const isBareNumber =
    (typeof value === "string" || typeof value === "number") && /^\d+$/.test(String(value));
  return message.includes("duration") && isBareNumber ? { hint: `write the unit: "${value}s"` } : {};
}

function toFaultPath(path: readonly PropertyKey[]): FaultPath {
  return path.map((name) => (typeof name === "symbol" ? String(name) : name));
}

function decapitalise(message: string): string {
  return /^[A-Z][a-z]/.test(message) ? message.charAt(0).toLowerCase() + message.slice(1) : message;
}
