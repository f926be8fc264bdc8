/**
 * Variables turned into frozen, validated settings; all faults at once. Pure over the record that it is given: where the
 * variables come from, and applying AWS's to the process, is environment's part.
 */
import path from "node:path";
import { z } from "zod";
import { ConfigError } from "../../model/errors.ts";
import { isTimezone } from "../../model/time/local-time.ts";
import { LOG_LEVELS, type LogLevel } from "../../model/ports/logger.ts";
import type { Environment } from "./environment.ts";
import { listProxySecrets, parseProxyRule, type ProxyRule } from "./proxy-rule.ts";
import {
  parseAddress,
  parseCount,
  parseEncryption,
  parseHttpAddress,
  parseLake,
  parseNoticeTemplate,
  parsePath,
  parsePools,
  parseProviderAddress,
  parseRate,
  parseWebhook,
  type HttpAddress,
  type LakeSetting,
  type Parsed,
} from "./setting-values.ts";
import { suggestName } from "../suggestion.ts";
import { VARIABLES } from "./variables.ts";

const LOG_FORMATS = ["text", "json"] as const;
type LogFormat = (typeof LOG_FORMATS)[number];

export interface Settings {
  readonly lake: LakeSetting;
  /** Absolute paths. */
  readonly databaseFile: string;
  readonly dagsFolder: string;
  readonly inputFolder: string;
  /** IANA name. */
  readonly timezone: string;
  /** `null`: not set; the command decides. */
  readonly logLevel: LogLevel | null;
  readonly logFormat: LogFormat;
  /** Slots by pool, `default` and `tmdb` included. */
  readonly pools: ReadonlyMap<string, number>;
  /** Tasks at the same time, over all Dags. */
  readonly maxActiveTasks: number;
  /** Where health and metrics are answered; `null` for nowhere. */
  readonly http: HttpAddress | null;
  /** Absolute path. */
  readonly logsFolder: string;
  readonly notify: {
    /** A secret; `null` where nobody is told. */
    readonly url: string | null;
    /** Failed runs in a row. */
    readonly after: number;
    readonly template: string;
  };
  readonly tmdb: {
    readonly token: string | null;
    readonly apiKey: string | null;
    /** Without a slash at its end. */
    readonly baseUrl: string;
    /** Requests a second, over all tasks of the process; `Infinity` for no limit. */
    readonly ratePerSecond: number;
  };
  /** Which requests go through a proxy; `null` for none. */
  readonly proxy: ProxyRule | null;
  /** `AWS_*` variables that stand in `.env` alone, to be given to `applyAwsVariables`. */
  readonly aws: Readonly<Record<string, string>>;
  /** Every secret value that is configured, for redaction. */
  readonly secrets: readonly string[];
}

export interface SettingsContext {
  /** Absolute; relative paths start here. */
  readonly workingFolder: string;
  /** Text of a `*_FILE`; throws where it cannot be read. */
  readSecretFile(file: string): string;
}

/** Names with this prefix steer the project's own tests, which start the program as a child. */
const TEST_PREFIX = "DAGMAR_TEST_";
const OWN_PREFIX = "DAGMAR_";

/** Raises one `ConfigError` that lists every fault. */
export function parseSettings(environment: Environment, context: SettingsContext): Settings {
  const faults = [...environment.faults, ...listUnknownNames(Object.keys(environment.variables))];
  const values = readSecretFiles(environment.variables, context, faults);
  const proxy = parseProxyRule(values, faults);
  const encryption = parseEncryption(values["DAGMAR_S3_SSE"], values["DAGMAR_S3_SSE_KMS_KEY_ID"]);
  if ("fault" in encryption) faults.push(encryption.fault);
  const result = makeSchema(context.workingFolder).safeParse(values);
  if (!result.success) {
    faults.push(...result.error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`));
  }
  if (faults.length > 0 || !result.success || "fault" in encryption) {
    const list = faults.map((fault) => `  ${fault}`).join("\n");
    throw new ConfigError("CONFIG_INVALID", `The configuration is not valid:\n${list}`);
  }
  const read = result.data;
  const endpoint = read.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS
    ? null
    : (read.AWS_ENDPOINT_URL_S3 ?? read.AWS_ENDPOINT_URL ?? null);
  const aws = Object.entries(environment.variables).filter(
    ([name]) => name.startsWith("AWS_") && environment.fromDotEnv.has(name),
  );
  return Object.freeze<Settings>({
    lake: Object.freeze(
      read.DAGMAR_LAKE.kind === "s3"
        ? { ...read.DAGMAR_LAKE, endpoint, encryption: encryption.value }
        : read.DAGMAR_LAKE,
    ),
    databaseFile: read.DAGMAR_DB,
    dagsFolder: read.DAGMAR_DAGS,
    inputFolder: read.DAGMAR_INPUT,
    timezone: read.DAGMAR_TIMEZONE,
    logLevel: read.DAGMAR_LOG_LEVEL ?? null,
    logFormat: read.DAGMAR_LOG_FORMAT,
    pools: read.DAGMAR_POOLS,
    maxActiveTasks: read.DAGMAR_MAX_ACTIVE_TASKS,
    http: read.DAGMAR_HTTP,
    logsFolder: read.DAGMAR_LOGS,
    notify: Object.freeze({
      url: read.DAGMAR_NOTIFY_URL ?? null,
      after: read.DAGMAR_NOTIFY_AFTER,
      template: read.DAGMAR_NOTIFY_TEMPLATE,
    }),
    tmdb: Object.freeze({
      token: read.TMDB_API_TOKEN ?? null,
      apiKey: read.TMDB_API_KEY ?? null,
      baseUrl: read.TMDB_BASE_URL,
      ratePerSecond: read.TMDB_RATE_PER_SECOND,
    }),
    proxy: proxy === null ? null : Object.freeze(proxy),
    aws: Object.freeze(Object.fromEntries(aws)),
    secrets: Object.freeze([...listSecrets(values), ...listProxySecrets(proxy)]),
  });
}

function listSecrets(values: Readonly<Record<string, string>>): readonly string[] {
  return VARIABLES.filter((variable) => variable.isSecret).flatMap(({ name }) => values[name] ?? []);
}

function listUnknownNames(names: readonly string[]): readonly string[] {
  const known = VARIABLES.flatMap(({ name, hasFileVariant }) =>
    hasFileVariant ? [name, `${name}_FILE`] : [name],
  );
  return names
    .filter((name) => name.toUpperCase().startsWith(OWN_PREFIX))
    .filter((name) => !name.startsWith(TEST_PREFIX) && !known.includes(name))
    .map((name) => {
      const hint = suggestName(
        name.toUpperCase(),
        known.filter((other) => other.startsWith(OWN_PREFIX)),
      );
      return `${name} is not one of Dagmar's variables${hint === undefined ? "" : ` (${hint})`}`;
    });
}

/** The variables with the content of `*_FILE` in the place of the secrets; a line feed at its end is an editor's. */
function readSecretFiles(
  variables: Readonly<Record<string, string>>,
  context: SettingsContext,
  faults: string[],
): Readonly<Record<string, string>> {
  const values = { ...variables };
  for (const { name } of VARIABLES.filter((variable) => variable.hasFileVariant)) {
    const file = variables[`${name}_FILE`];
    if (file === undefined) continue;
    if (variables[name] !== undefined) {
      faults.push(`${name} and ${name}_FILE are both set; one of them is enough`);
      continue;
    }
    try {
      const content = context.readSecretFile(path.resolve(context.workingFolder, file)).trim();
      if (content === "") faults.push(`${name}_FILE names an empty file`);
      else values[name] = content;
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "unknown fault";
      faults.push(`${name}_FILE names a file that cannot be read: ${file} (${code})`);
    }
  }
  return values;
}

/** No message repeats a value that could hold a secret. */
function makeSchema(workingFolder: string) {
  const preset = (name: string): string =>
    VARIABLES.find((variable) => variable.name === name)?.default ?? "";
  const read = <Value>(name: string, parse: (text: string) => Parsed<Value>) =>
    z.string().default(preset(name)).transform(report(parse));
  const folder = (name: string) => read(name, (text) => parsePath(text, workingFolder));
  const choice = <Value extends string>(name: string, choices: readonly Value[]) =>
    read(name, (text) => {
      const value = choices.find((one) => one === text);
      return value === undefined ? { fault: `must be one of ${choices.join(", ")}` } : { value };
    });

  return z.object({
    DAGMAR_LAKE: read("DAGMAR_LAKE", (text) => parseLake(text, workingFolder)),
    DAGMAR_DB: folder("DAGMAR_DB"),
    DAGMAR_DAGS: folder("DAGMAR_DAGS"),
    DAGMAR_INPUT: folder("DAGMAR_INPUT"),
    DAGMAR_TIMEZONE: read("DAGMAR_TIMEZONE", (text) =>
      isTimezone(text) ? { value: text } : { fault: 'must be an IANA time zone such as "America/Sao_Paulo"' },
    ),
    DAGMAR_LOG_LEVEL: z.enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(", ")}` }).optional(),
    DAGMAR_LOG_FORMAT: choice("DAGMAR_LOG_FORMAT", LOG_FORMATS),
    DAGMAR_POOLS: read("DAGMAR_POOLS", (text) => parsePools(text, preset("DAGMAR_POOLS"))),
    DAGMAR_MAX_ACTIVE_TASKS: read("DAGMAR_MAX_ACTIVE_TASKS", parseCount),
    DAGMAR_HTTP: read("DAGMAR_HTTP", parseHttpAddress),
    DAGMAR_LOGS: folder("DAGMAR_LOGS"),
    DAGMAR_NOTIFY_URL: z.string().transform(report(parseWebhook)).optional(),
    DAGMAR_NOTIFY_AFTER: read("DAGMAR_NOTIFY_AFTER", parseCount),
    DAGMAR_NOTIFY_TEMPLATE: read("DAGMAR_NOTIFY_TEMPLATE", parseNoticeTemplate),
    TMDB_API_TOKEN: credential.optional(),
    TMDB_API_KEY: credential.optional(),
    TMDB_BASE_URL: read("TMDB_BASE_URL", parseProviderAddress),
    TMDB_RATE_PER_SECOND: read("TMDB_RATE_PER_SECOND", parseRate),
    AWS_ENDPOINT_URL_S3: z.string().transform(report(parseAddress)).optional(),
    AWS_ENDPOINT_URL: z.string().transform(report(parseAddress)).optional(),
    AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: choice("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", [
      "true",
      "false",
    ]).transform((text) => text === "true"),
  });
}

/** A credential goes into a header: what cannot stand there is told here, not by the HTTP client with the value in its text. */
const credential = z.string().regex(/^[!-~]+$/, "holds spaces or signs that no credential has");

function report<Value>(parse: (text: string) => Parsed<Value>) {
  return (text: string, context: z.core.$RefinementCtx<string>): Value => {
    const parsed = parse(text);
    if ("value" in parsed) return parsed.value;
    context.addIssue({ code: "custom", message: parsed.fault });
    return z.NEVER;
  };
}
