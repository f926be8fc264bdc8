/**
 * The one file that reads and writes the process's environment: variables and `.env` together; the environment wins.
 * settings decides what they mean.
 */
import { lstatSync } from "node:fs";
import path from "node:path";
import { parseDotEnv, type DotEnv } from "./dot-env.ts";
import { describeReadFault, readSmallFile } from "./small-file.ts";

/** Far more than settings need. */
const DOT_ENV_LIMIT_BYTES = 1024 * 1024;

export interface Environment {
  /** Names with values; empty ones count as not set, because an unfilled line of an env-file gives them. */
  readonly variables: Readonly<Record<string, string>>;
  /** The names that come from `.env`. */
  readonly fromDotEnv: ReadonlySet<string>;
  /** Why `.env` could not be read, and each of its lines that sets no variable and is no comment. */
  readonly faults: readonly string[];
}

/** Reads the environment, and `.env` in the working folder if there is one. */
export function readEnvironment(workingFolder: string): Environment {
  const present = dropEmpty(process.env);
  const { values, faults } = readDotEnv(path.join(workingFolder, ".env"));
  const added = Object.entries(dropEmpty(values)).filter(([name]) => !isSetAs(present, name));
  return {
    variables: { ...Object.fromEntries(added), ...present },
    fromDotEnv: new Set(added.map(([name]) => name)),
    faults,
  };
}

/** Variables that control the project's own tests, which start the program as a child; never from `.env`. */
export interface TestSwitches {
  readonly crashAt?: string;
  readonly failpointLog?: string;
  /** Larger files are uploaded in parts of this size. */
  readonly partBytes?: number;
}

export function readTestSwitches(): TestSwitches {
  const crashAt = process.env["DAGMAR_TEST_CRASH_AT"];
  const failpointLog = process.env["DAGMAR_TEST_FAILPOINT_LOG"];
  const partBytes = process.env["DAGMAR_TEST_PART_BYTES"];
  return {
    ...(crashAt === undefined ? {} : { crashAt }),
    ...(failpointLog === undefined ? {} : { failpointLog }),
    ...(partBytes === undefined ? {} : { partBytes: Number(partBytes) }),
  };
}

/**
 * Where this user's programs keep files that may be deleted at any time (XDG Base Directory Specification); `undefined`
 * if the environment names no such place. Never from `.env`, which belongs to one working folder.
 */
export function findCacheFolder(): string | undefined {
  const named = process.env["XDG_CACHE_HOME"] ?? "";
  if (path.isAbsolute(named)) return named;
  const home = process.env["HOME"] ?? "";
  return path.isAbsolute(home) ? path.join(home, ".cache") : undefined;
}

/**
 * Copies AWS's variables from `.env` into the environment, where the SDK looks for them, before the SDK is loaded.
 * Variables that are already set stay.
 */
export function applyAwsVariables(aws: Readonly<Record<string, string>>): void {
  // The SDK warns on standard error about every Node that is not its newest; this does not concern the person who runs
  // a task.
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
  for (const [name, value] of Object.entries(aws)) {
    if (name.startsWith("AWS_") && !isSet(process.env[name])) process.env[name] = value;
  }
}

/** A flag of the command line counts for more than the variable, and than `.env`. */
export function overrideLogLevel(level: "debug" | "warn" | undefined): void {
  if (level !== undefined) process.env["DAGMAR_LOG_LEVEL"] = level;
}

/**
 * A secret and its `_FILE` variant are one setting, and so are the two spellings of a proxy's variable: the
 * environment's one disables the other in `.env`.
 */
function isSetAs(present: Readonly<Record<string, string>>, name: string): boolean {
  const twin = name.endsWith("_FILE") ? name.slice(0, -"_FILE".length) : `${name}_FILE`;
  const spellings = /_proxy$/i.test(name) ? [name.toLowerCase(), name.toUpperCase()] : [name, twin];
  return spellings.some((spelling) => Object.hasOwn(present, spelling));
}

function readDotEnv(file: string): DotEnv {
  try {
    const { values, faults } = parseDotEnv(readSmallFile(file, DOT_ENV_LIMIT_BYTES));
    return { values, faults: faults.map((fault) => `${file}, ${fault}`) };
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    if (!isMissing) return { values: {}, faults: [`${file} cannot be read (${describeReadFault(error)})`] };
    // Ignoring the file without a message would replace settings by defaults.
    const isLink = lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() === true;
    return { values: {}, faults: isLink ? [`${file} is a link to a file that does not exist`] : [] };
  }
}

function dropEmpty(values: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => isSet(entry[1])),
  );
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "";
}
