/** A CloudFormation template as plain objects: `!Sub x` becomes `{ "Fn::Sub": "x" }`, as CloudFormation itself reads it. */
import { isSeq, parse, type CollectionTag, type ScalarTag } from "yaml";

export type Value = string | number | boolean | null | readonly Value[] | { readonly [name: string]: Value };
export type Properties = Readonly<Record<string, Value>>;

const FUNCTIONS = ["Sub", "GetAtt", "If", "Equals", "Not", "And", "Or", "Join", "Select"];

/** Raises YAML's error for a text that is none. */
export function readTemplate(text: string): Properties {
  const tags = [...listTags("Ref", "Ref"), ...FUNCTIONS.flatMap((name) => listTags(name, `Fn::${name}`))];
  const read: unknown = parse(text, { customTags: tags });
  if (!isProperties(read as Value)) throw new Error("The template is not an object.");
  return read as Properties;
}

/** A function takes a text or a list. */
function listTags(name: string, full: string): readonly (ScalarTag | CollectionTag)[] {
  const tag = `!${name}`;
  return [
    { tag, resolve: (text: string) => ({ [full]: text }) },
    {
      tag,
      collection: "seq",
      resolve: (node) => ({ [full]: isSeq(node) ? (node.toJSON() as Value) : null }),
    },
  ];
}

export function isProperties(value: Value | undefined): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What lies at a path of names; empty if nothing does. */
export function findProperties(value: Value | undefined, ...names: readonly string[]): Properties {
  let found = value;
  for (const name of names) found = isProperties(found) ? found[name] : undefined;
  return isProperties(found) ? found : {};
}

/** A list, or the one value in its place, with both branches of each `!If`. */
export function listValues(value: Value | undefined): readonly Value[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value.flatMap((one: Value) => listValues(one));
  const branches = isProperties(value) ? value["Fn::If"] : undefined;
  if (Array.isArray(branches)) return branches.slice(1).flatMap((one: Value) => listValues(one));
  return isProperties(value) && value["Ref"] === "AWS::NoValue" ? [] : [value];
}

/** A value as a person reads it: `${Queue.Arn}` for `!GetAtt Queue.Arn`. */
export function showValue(value: Value | undefined): string {
  if (typeof value === "string" || value === undefined) return value ?? "undefined";
  if (!isProperties(value)) return JSON.stringify(value);
  const { Ref: ref, "Fn::Sub": sub, "Fn::GetAtt": attribute } = value;
  if (typeof ref === "string") return `\${${ref}}`;
  if (typeof sub === "string") return sub;
  return typeof attribute === "string" ? `\${${attribute}}` : JSON.stringify(value);
}
