/**
 * The Logger port over winston: one line an event, for people or for machines. What of a value may be shown is
 * log-value's business; where the lines go is the composition root's.
 */
import type { Writable } from "node:stream";
import winston from "winston";
import type { Clock } from "../model/clock.ts";
import type { JsonValue } from "../model/dag.ts";
import type { LogFields, LogLevel, Logger } from "../model/logger.ts";
import { escapeControlCharacters } from "./control-character.ts";
import { makeRedact, toLogFields, type Redact } from "./log-value.ts";

export interface LoggerOptions {
  /** The least that is written. */
  readonly level: LogLevel;
  readonly format: "text" | "json";
  /** Is not ended by `close`: it may be the process's own. */
  readonly stream: Writable;
  /** Values that never leave, wherever they stand. */
  readonly secrets: readonly string[];
  readonly clock: Pick<Clock, "now">;
}

export interface ClosableLogger extends Logger {
  /** Resolves when every line so far has been handed to the stream and written by it. Lines after it are dropped. */
  close(): Promise<void>;
}

/** A logger that writes to `options.stream`. */
export function createLogger(options: LoggerOptions): ClosableLogger {
  const { stream } = options;
  const sink = winston.createLogger({
    level: options.level,
    levels: { error: 0, warn: 1, info: 2, debug: 3 },
    // The line is made before, so that nothing but redacted text ever reaches winston.
    format: winston.format.printf((info) => String(info.message)),
    transports: [new winston.transports.Stream({ stream, eol: "\n" })],
    exitOnError: false,
  });
  const redact = makeRedact(options.secrets);
  const compose = options.format === "json" ? composeJson : composeText;
  let isOpen = true;

  const write: Write = (level, message, bound, fields) => {
    if (!isOpen || !sink.isLevelEnabled(level)) return;
    const line = { time: options.clock.now().toISOString(), level, message: redact(message) };
    sink.log({ level, message: compose(line, readFields(bound, fields, redact)) });
  };
  const close = async (): Promise<void> => {
    if (!isOpen) return;
    isOpen = false;
    await new Promise<void>((resolve) => {
      sink.once("finish", resolve);
      sink.end();
    });
    if (stream.writable) await new Promise<void>((resolve) => stream.write("", () => resolve()));
  };
  return { ...makeMethods(write, {}), close };
}

type Write = (level: LogLevel, message: string, bound: LogFields, fields: LogFields) => void;

function makeMethods(write: Write, bound: LogFields): Logger {
  const at =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}): void =>
      write(level, message, bound, fields);
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    with: (fields) => makeMethods(write, { ...bound, ...fields }),
  };
}

interface Line {
  readonly time: string;
  readonly level: LogLevel;
  readonly message: string;
}

type ShownFields = Readonly<Record<string, JsonValue>>;

/** Logging never fails a task: what cannot be read is said to be so. */
function readFields(bound: LogFields, fields: LogFields, redact: Redact): ShownFields {
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

/** A stack keeps its lines, each of them escaped; everything else stays on the one line. */
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
