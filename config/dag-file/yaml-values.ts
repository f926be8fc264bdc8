/**
 * YAML's nodes as plain values, with the place of each. Refused: tags, keys that are not text or that JavaScript treats
 * specially, duplicate keys, and whatever is larger, deeper or more self-referring than a Dag can be.
 */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Document,
  type LineCounter,
  type Node,
  type Scalar,
} from "yaml";
import type { JsonValue } from "../../model/dag/dag.ts";
import type { Fault, FaultPath } from "./fault.ts";
import { ALIAS_LIMIT, DEPTH_LIMIT, describeDepth, NODE_LIMIT } from "./yaml-limits.ts";
import { makeDocument, makePlaceKey, type Place, type YamlDocument } from "./yaml-places.ts";

const REFUSED_KEYS = new Set(["__proto__", "constructor", "prototype"]);

class LimitReached extends Error {}

export function convertDocument(document: Document.Parsed, lines: LineCounter): YamlDocument {
  const faults: Fault[] = [];
  const places = new Map<string, Place>();
  const anchors = new Map<string, Node>();
  const open = new Set<Node>();
  let nodeCount = 0;
  let aliasCount = 0;

  const report = (path: FaultPath, message: string, offset: number | undefined, hint?: string): void => {
    faults.push({
      path,
      message,
      ...(offset === undefined ? {} : { offset }),
      ...(hint === undefined ? {} : { hint }),
    });
  };

  const convertNode = (node: Node | null, path: FaultPath): JsonValue => {
    nodeCount += 1;
    if (nodeCount > NODE_LIMIT) throw new LimitReached(`the file holds more than ${NODE_LIMIT} values`);
    if (node === null) return null;
    const offset = node.range?.[0];
    if (path.length > DEPTH_LIMIT) throw new LimitReached(describeDepth());
    if (isAlias(node)) return convertAlias(node.source, offset, path);
    if (node.tag !== undefined) report(path, `the YAML tag ${node.tag} is not allowed here`, offset);
    const anchor = "anchor" in node ? node.anchor : undefined;
    if (anchor !== undefined) anchors.set(anchor, node);
    if (isScalar(node)) return convertScalar(node, path);
    open.add(node);
    const value = isSeq(node)
      ? node.items.map((item, index) => {
          places.set(makePlaceKey([...path, index]), { name: undefined, value: getOffset(item) });
          return convertNode(asNode(item), [...path, index]);
        })
      : convertMap(node, path);
    open.delete(node);
    return value;
  };

  const convertMap = (node: Node, path: FaultPath): JsonValue => {
    const value: Record<string, JsonValue> = {};
    if (!isMap(node)) return value;
    for (const pair of node.items) {
      const nameOffset = getOffset(pair.key) ?? node.range?.[0];
      const name = readName(pair.key);
      if (name === undefined) {
        const isBraces = isMap(pair.key);
        const hint = isBraces ? 'a template is written "${ds}", in quotes' : "put it in quotes";
        report(path, "a field's name must be plain text", nameOffset, hint);
        continue;
      }
      const half = findHalfCharacter(name);
      if (half !== undefined) {
        report(path, `a field's name holds ${half}`, nameOffset, WRITE_WHOLE);
        continue;
      }
      const inner = [...path, name];
      if (REFUSED_KEYS.has(name)) {
        report(inner, `the name ${name} is not allowed`, nameOffset);
        continue;
      }
      if (Object.hasOwn(value, name)) {
        report(inner, `the field ${JSON.stringify(name)} appears twice`, nameOffset);
        continue;
      }
      places.set(makePlaceKey(inner), { name: nameOffset, value: getOffset(pair.value) });
      value[name] = convertNode(asNode(pair.value), inner);
    }
    return value;
  };

  const convertAlias = (name: string, offset: number | undefined, path: FaultPath): JsonValue => {
    aliasCount += 1;
    if (aliasCount > ALIAS_LIMIT) {
      throw new LimitReached(`the file uses more than ${ALIAS_LIMIT} YAML aliases`);
    }
    const target = anchors.get(name);
    if (target === undefined || open.has(target)) {
      report(
        path,
        `the YAML alias *${name} ${target === undefined ? "names no anchor" : "refers to itself"}`,
        offset,
        target === undefined ? `if it is a text, put it in quotes: "*${name}"` : undefined,
      );
      return null;
    }
    return convertNode(target, path);
  };

  const convertScalar = (node: Scalar, path: FaultPath): JsonValue => {
    const { value } = node;
    if (typeof value === "boolean" || value === null) return value;
    if (typeof value === "string") {
      const half = findHalfCharacter(value);
      if (half !== undefined) report(path, `the text holds ${half}`, node.range?.[0], WRITE_WHOLE);
      return value;
    }
    if (typeof value !== "number") {
      report(path, "a value of this kind is not allowed here", node.range?.[0]);
      return null;
    }
    if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) {
      report(
        path,
        `the number ${node.source ?? value} cannot be represented exactly`,
        node.range?.[0],
        "put it in quotes",
      );
    }
    return value;
  };

  try {
    const { explicit, version } = document.directives.yaml;
    // For a version that it does not know the parser warns, and continues with 1.2.
    const isUnheardOf = document.warnings.some(({ code }) => code === "BAD_DIRECTIVE");
    if (isUnheardOf || (explicit === true && version !== "1.2")) {
      report([], "the file asks for another YAML version; Dag files are YAML 1.2", 0);
    }
    const value = convertNode(asNode(document.contents), []);
    return makeDocument(value, faults, places, lines);
  } catch (error) {
    if (!(error instanceof LimitReached)) throw error;
    return makeDocument(undefined, [...faults, { path: [], message: error.message }], places, lines);
  }
}

const WRITE_WHOLE = "write the character itself, or \\U and its eight hexadecimal digits";

/**
 * Half of a UTF-16 pair, as the escape \uD800 gives: UTF-8 cannot encode it, so files and programs would get another
 * text.
 */
function findHalfCharacter(text: string): string | undefined {
  const half = /\p{Cs}/u.exec(text)?.[0];
  return half === undefined
    ? undefined
    : `half a character (U+${half.charCodeAt(0).toString(16).toUpperCase()})`;
}

function asNode(item: unknown): Node | null {
  return isScalar(item) || isMap(item) || isSeq(item) || isAlias(item) ? item : null;
}

function readName(key: unknown): string | undefined {
  return isScalar(key) && typeof key.value === "string" && key.tag === undefined ? key.value : undefined;
}

function getOffset(item: unknown): number | undefined {
  return asNode(item)?.range?.[0];
}
