/**
 * How an event becomes a line, for people or for machines, with its secrets redacted. The caller decides where the line
 * goes.
 */
import type { JsonValue } from "../model/dag/dag.ts";
import type { LogFields, LogLevel, Logger } from "../model/ports/logger.ts";
import { escapeControlCharacters } from "../model/text/control-character.ts";
import { shorten, toLogFields, type Redact } from "./log-value.ts";

export type LineFormat = "text" | "json";

/** An event as its logger gives it, not redacted yet. */
export interface LogEvent {
  readonly at: Date;
  readonly level: LogLevel;
  readonly message: string;
  /** Fields of the logger and of this event; the event's win. */
  readonly bound: LogFields;
  readonly fields: LogFields;
}

export type Write = (event: Omit<LogEvent, "at">) => void;

/** A logger that passes its events to `write`, with the fields that `with` has bound to it. */
export function makeLogger(write: Write, bound: LogFields = {}): Logger {
  const at =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}): void =>
      write({ level, message, bound, fields });
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    with: (fields) => makeLogger(write, { ...bound, ...fields }),
  };
}

/** Without a line feed at its end. A line for people can have several lines if it shows a stack. */
export function composeLine(format: LineFormat, event: LogEvent, redact: Redact): string {
  const line: Line = {
    time: event.at.toISOString(),
    level: event.level,
    message: shorten(redact(event.message)),
  };
  const fields = readFields(event, redact);
  return format === "json" ? composeJson(line, fields) : composeText(line, fields);
}

interface Line {
  readonly time: string;
  readonly level: LogLevel;
  readonly message: string;
}

type ShownFields = Readonly<Record<string, JsonValue>>;

/** Logging never fails a task: a value that cannot be read is replaced by a note. */
function readFields({ bound, fields }: LogEvent, redact: Redact): ShownFields {
  try {
    return toLogFields({ ...bound, ...fields }, redact);
  } catch {
    return { fields: "[unreadable]" };
  }
}

function composeJson(line: Line, fields: ShownFields): string {
  const renamed = Object.entries(fields).map(([name, value]) => [
    Object.hasOwn(line, name) ? `field_${name}` : name,
    value,
  ]);
  return JSON.stringify({ ...line, ...Object.fromEntries(renamed) });
}

/** A stack keeps its lines, each of them escaped; everything else stays on one line. */
function composeText(line: Line, fields: ShownFields): string {
  const stacks: string[] = [];
  const shown = Object.entries(fields).map(
    ([name, value]) => `${escapeControlCharacters(name)}=${show(value, stacks)}`,
  );
  const head = `${line.time} ${line.level.toUpperCase().padEnd(5)} ${escapeControlCharacters(line.message)}`;
  return [[head, ...shown].join(" "), ...stacks].join("\n");
}

function show(value: JsonValue, stacks: string[]): string {
  if (typeof value === "string") {
    return /^[\w.:/@+-]+$/.test(value) ? value : escapeControlCharacters(JSON.stringify(value));
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    return escapeControlCharacters(JSON.stringify(value));
  }
  const { stack, ...rest } = value as ShownFields;
  if (typeof stack === "string") {
    stacks.push(...stack.split("\n").map((one) => `    ${escapeControlCharacters(one.trim())}`));
    return escapeControlCharacters(JSON.stringify(rest));
  }
  return escapeControlCharacters(JSON.stringify(value));
}
