/**
 * What of a value may be in a log: plain data of bounded size, with every configured secret replaced. Of foreign error
 * objects, which often carry requests and tokens, only code and message are kept.
 */
import { cutText } from "../model/text/cut-text.ts";
import { DagmarError } from "../model/errors.ts";
import type { JsonValue } from "../model/dag/dag.ts";
import { makeMask, type Mask } from "../model/text/mask-secrets.ts";

const DEPTH_LIMIT = 6;
const ITEMS_LIMIT = 100;
const TEXT_LIMIT = 16_384;

export type Redact = Mask;

/** Replaces each secret, as it is and as a URL or JSON would write it. */
export function makeRedact(secrets: readonly string[]): Redact {
  return makeMask(
    secrets.flatMap((secret) => [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]),
  );
}

/** A value as redacted JSON; `undefined` for a value that cannot be shown, such as a function. */
function toLogValue(value: unknown, redact: Redact, depth = 0): JsonValue | undefined {
  switch (typeof value) {
    case "string":
      return shorten(redact(value));
    case "number":
    case "bigint": {
      const text = String(value);
      const masked = redact(text);
      if (masked !== text) return masked;
      return typeof value === "number" && Number.isFinite(value) ? value : text;
    }
    case "boolean":
      return value;
    case "undefined":
    case "function":
    case "symbol":
      return undefined;
    case "object":
      break;
  }
  if (value === null) return null;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "invalid date" : value.toISOString();
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (depth >= DEPTH_LIMIT) return "[deeper]";
  if (value instanceof Error) return describeForLog(value, redact, depth);
  return toLogContainer(value, redact, depth);
}

function toLogContainer(value: object, redact: Redact, depth: number): JsonValue {
  if (value instanceof Map) {
    return toLogContainer(Object.fromEntries(value as Map<PropertyKey, unknown>), redact, depth);
  }
  if (Array.isArray(value) || value instanceof Set) {
    const items = [...(value as Iterable<unknown>)];
    const shown = items.slice(0, ITEMS_LIMIT).map((item) => toLogValue(item, redact, depth + 1) ?? null);
    return items.length > ITEMS_LIMIT ? [...shown, describeRest(items.length)] : shown;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = prototype === null || prototype === Object.prototype;
  // Requests, sockets and clients end up here: their content is not for a log.
  if (!isPlain) return `[${redact(value.constructor.name)}]`;
  return toLogFields(value as Readonly<Record<string, unknown>>, redact, depth + 1);
}

/** The fields of an object, names redacted too. */
export function toLogFields(
  fields: Readonly<Record<string, unknown>>,
  redact: Redact,
  depth = 0,
): Readonly<Record<string, JsonValue>> {
  const shown: [string, JsonValue][] = [];
  const names = Object.keys(fields);
  for (const name of names.slice(0, ITEMS_LIMIT)) {
    const value = toLogValue(fields[name], redact, depth);
    if (value !== undefined) shown.push([redact(name), value]);
  }
  if (names.length > ITEMS_LIMIT) shown.push(["…", describeRest(names.length)]);
  return Object.fromEntries(shown);
}

/**
 * Code, message and cause. A stack only for our own faults: errors of the language itself without a code, and errors
 * with the code `INTERNAL` or `ILLEGAL_TRANSITION`.
 */
function describeForLog(error: Error, redact: Redact, depth: number): JsonValue {
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  const isOwnCode = code === "INTERNAL" || code === "ILLEGAL_TRANSITION";
  const isOurFault =
    error instanceof DagmarError ? isOwnCode : code === undefined && LANGUAGE_ERRORS.has(error.name);
  const hint = error instanceof DagmarError ? error.hint : undefined;
  const cause = error.cause === undefined ? undefined : toLogValue(error.cause, redact, depth + 1);
  return {
    name: redact(error.name),
    ...(code === undefined ? {} : { code: redact(code) }),
    message: shorten(redact(error.message)),
    ...(hint === undefined ? {} : { hint: redact(hint) }),
    ...(isOurFault && error.stack !== undefined ? { stack: shorten(redact(error.stack)) } : {}),
    ...(cause === undefined ? {} : { cause }),
  };
}

const LANGUAGE_ERRORS = new Set([
  "Error",
  "TypeError",
  "RangeError",
  "ReferenceError",
  "SyntaxError",
  "EvalError",
]);

function describeRest(count: number): string {
  return `… (${(count - ITEMS_LIMIT).toLocaleString("en-US")} more)`;
}

/** Text of at most 16,384 characters, with the number of those left out. */
export function shorten(text: string): string {
  return cutText(text, TEXT_LIMIT);
}
