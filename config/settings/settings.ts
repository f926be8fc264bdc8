/**
 * Variables turned into frozen, validated settings; all faults at once. Pure over the record that it is given:
 * environment reads the variables and applies AWS's to the process.
 */
import path from "node:path";
import { z } from "zod";
import { ConfigError } from "../../model/errors.ts";
import type { SettingValues, TaskDeclaration } from "../../model/ports/task-declaration.ts";
import { parseAddress, type Parsed } from "../../model/text/address.ts";
import { isTimezone } from "../../model/time/local-time.ts";
import { LOG_LEVELS, type LogLevel } from "../../model/ports/logger.ts";
import type { MailRoute } from "../../model/ports/mail-route.ts";
import type { Environment } from "./environment.ts";
import {
  listMailFaults,
  listMailSecrets,
  makeMailRoute,
  parseMailbox,
  parseMailboxes,
  parseMailServer,
  SMTP_TLS,
} from "./mail-setting.ts";
import { describeReadFault } from "./small-file.ts";
import { listProxySecrets, parseProxyRule, type ProxyRule } from "./proxy-rule.ts";
import {
  parseBasePath,
  parseCount,
  parseEncryption,
  parseHttpAddress,
  parseLake,
  parseNoticeTemplate,
  parsePassword,
  parsePath,
  parsePools,
  parseWebhook,
  type HttpAddress,
  type LakeSetting,
} from "./setting-values.ts";
import type { SettingInForce } from "../../model/access/setting-in-force.ts";
import { listSettingsInForce } from "./settings-in-force.ts";
import { suggestName } from "../suggestion.ts";
import { listVariables, type Variable } from "./variables.ts";

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
  /** Slots by pool, `default` and those of the task types included. */
  readonly pools: ReadonlyMap<string, number>;
  /** The most tasks at the same time, over all Dags. */
  readonly maxActiveTasks: number;
  /** The address of pages, API, health and metrics; `null` for none. */
  readonly http: HttpAddress | null;
  readonly web: {
    /** A secret; `null` for none. */
    readonly password: string | null;
    /** Absolute path; `null` if the password is not from a file. */
    readonly passwordFile: string | null;
    /** Empty, or such as `/x/y`. */
    readonly basePath: string;
  };
  /** Absolute path. */
  readonly logsFolder: string;
  readonly notify: {
    /** A secret; `null` for no webhook. */
    readonly url: string | null;
    /** Failed runs in a row. */
    readonly after: number;
    readonly template: string;
    /** `null` for no mail. */
    readonly mail: MailRoute | null;
  };
  /** Variables that task types declare; those that are not set and have no default are left out. */
  readonly tasks: SettingValues;
  /** Which requests go through a proxy; `null` for none. */
  readonly proxy: ProxyRule | null;
  /** `AWS_*` variables that are only in `.env`, for `applyAwsVariables`. */
  readonly aws: Readonly<Record<string, string>>;
  /** Every secret value that is configured, for redaction. */
  readonly secrets: readonly string[];
  /** For people; without the values of secrets. */
  readonly inForce: readonly SettingInForce[];
}

export interface SettingsContext {
  /** Absolute; relative paths start here. */
  readonly workingFolder: string;
  /** Text of a `*_FILE`; throws if it cannot be read. */
  readSecretFile(file: string): string;
  /** The task types' declarations; their variables are read too. */
  readonly declarations: readonly TaskDeclaration[];
}

/** Names with this prefix control the project's own tests, which start the program as a child. */
const TEST_PREFIX = "DAGMAR_TEST_";
const OWN_PREFIX = "DAGMAR_";

/** Raises one `ConfigError` that lists every fault. */
export function parseSettings(environment: Environment, context: SettingsContext): Settings {
  const variables = listVariables(context.declarations);
  const faults = [...environment.faults, ...listUnknownNames(Object.keys(environment.variables), variables)];
  const values = readSecretFiles(environment.variables, variables, context, faults);
  const proxy = parseProxyRule(values, faults);
  const encryption = parseEncryption(values["DAGMAR_S3_SSE"], values["DAGMAR_S3_SSE_KMS_KEY_ID"]);
  if ("fault" in encryption) faults.push(encryption.fault);
  faults.push(...listMailFaults(values));
  const result = makeSchema(variables, context).safeParse(values);
  if (!result.success) {
    const { fromDotEnv } = environment;
    for (const { path: names, message } of result.error.issues) {
      const name = names.join(".");
      // The environment wins over `.env`: an edit of the other one changes nothing.
      const place = [name, `${name}_FILE`].some((one) => fromDotEnv.has(one)) ? ".env" : "the environment";
      faults.push(`${name} ${message} (set in ${place})`);
    }
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
  const secrets = [
    ...listSecrets(values, variables),
    ...listProxySecrets(proxy),
    ...listMailSecrets(values["DAGMAR_SMTP_URL"]),
  ];
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
    web: Object.freeze({
      password: read.DAGMAR_WEB_PASSWORD ?? null,
      passwordFile: resolveFile(environment.variables["DAGMAR_WEB_PASSWORD_FILE"], context),
      basePath: read.DAGMAR_WEB_BASE_PATH ?? "",
    }),
    logsFolder: read.DAGMAR_LOGS,
    notify: Object.freeze({
      url: read.DAGMAR_NOTIFY_URL ?? null,
      after: read.DAGMAR_NOTIFY_AFTER,
      template: read.DAGMAR_NOTIFY_TEMPLATE,
      mail: makeMailRoute(read),
    }),
    tasks: Object.freeze(pickDeclared(read, context.declarations)),
    proxy: proxy === null ? null : Object.freeze(proxy),
    aws: Object.freeze(Object.fromEntries(aws)),
    secrets: Object.freeze(secrets),
    inForce: Object.freeze(listSettingsInForce(environment, variables, secrets)),
  });
}

function resolveFile(given: string | undefined, { workingFolder }: SettingsContext): string | null {
  return given === undefined ? null : path.resolve(workingFolder, given);
}

function pickDeclared(
  read: Readonly<Record<string, unknown>>,
  declarations: readonly TaskDeclaration[],
): SettingValues {
  const names = declarations.flatMap(({ settings = [] }) => settings.map(({ name }) => name));
  return Object.fromEntries(
    names.filter((name) => read[name] !== undefined).map((name) => [name, read[name]]),
  );
}

function listSecrets(
  values: Readonly<Record<string, string>>,
  variables: readonly Variable[],
): readonly string[] {
  return variables.filter((variable) => variable.isSecret).flatMap(({ name }) => values[name] ?? []);
}

function listUnknownNames(names: readonly string[], variables: readonly Variable[]): readonly string[] {
  const known = variables.flatMap(({ name, hasFileVariant }) =>
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

/** The variables with the content of `*_FILE` instead of the secrets; a line feed at its end comes from an editor. */
function readSecretFiles(
  given: Readonly<Record<string, string>>,
  variables: readonly Variable[],
  context: SettingsContext,
  faults: string[],
): Readonly<Record<string, string>> {
  const values = { ...given };
  for (const { name } of variables.filter((variable) => variable.hasFileVariant)) {
    const file = given[`${name}_FILE`];
    if (file === undefined) continue;
    if (given[name] !== undefined) {
      faults.push(`${name} and ${name}_FILE are both set; one of them is enough`);
      continue;
    }
    try {
      const content = context.readSecretFile(path.resolve(context.workingFolder, file)).trim();
      if (content === "") faults.push(`${name}_FILE names an empty file`);
      else values[name] = content;
    } catch (error) {
      faults.push(`${name}_FILE names a file that cannot be read: ${file} (${describeReadFault(error)})`);
    }
  }
  return values;
}

/** No message repeats a value that could hold a secret. */
function makeSchema(variables: readonly Variable[], { workingFolder, declarations }: SettingsContext) {
  const preset = (name: string): string =>
    variables.find((variable) => variable.name === name)?.default ?? "";
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
    DAGMAR_WEB_PASSWORD: z.string().transform(report(parsePassword)).optional(),
    DAGMAR_WEB_BASE_PATH: z.string().transform(report(parseBasePath)).optional(),
    DAGMAR_LOGS: folder("DAGMAR_LOGS"),
    DAGMAR_NOTIFY_URL: z.string().transform(report(parseWebhook)).optional(),
    DAGMAR_NOTIFY_AFTER: read("DAGMAR_NOTIFY_AFTER", parseCount),
    DAGMAR_NOTIFY_TEMPLATE: read("DAGMAR_NOTIFY_TEMPLATE", parseNoticeTemplate),
    DAGMAR_SMTP_URL: z.string().transform(report(parseMailServer)).optional(),
    DAGMAR_SMTP_FROM: z.string().transform(report(parseMailbox)).optional(),
    DAGMAR_SMTP_TO: z.string().transform(report(parseMailboxes)).optional(),
    DAGMAR_SMTP_TLS: z.enum(SMTP_TLS, { error: `must be one of ${SMTP_TLS.join(", ")}` }).optional(),
    ...Object.fromEntries(
      declarations
        .flatMap(({ settings = [] }) => settings)
        .map(({ name, default: text, parse }) => {
          const value = z.string().transform(report(parse));
          return [name, text === undefined ? value.optional() : value.prefault(text)];
        }),
    ),
    AWS_ENDPOINT_URL_S3: z.string().transform(report(parseAddress)).optional(),
    AWS_ENDPOINT_URL: z.string().transform(report(parseAddress)).optional(),
    AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: choice("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", [
      "true",
      "false",
    ]).transform((text) => text === "true"),
  });
}

function report<Value>(parse: (text: string) => Parsed<Value>) {
  return (text: string, context: z.core.$RefinementCtx<string>): Value => {
    const parsed = parse(text);
    if ("value" in parsed) return parsed.value;
    context.addIssue({ code: "custom", message: parsed.fault });
    return z.NEVER;
  };
}
