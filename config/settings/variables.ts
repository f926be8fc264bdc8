/**
 * Every variable that Dagmar reads, as data: settings are read from this table and the reference is generated from it.
 * Task types declare their own variables.
 */
import type { SettingDeclaration, TaskDeclaration } from "../../model/ports/task-declaration.ts";

export type Variable = Omit<SettingDeclaration, "parse">;

const own = (name: string, preset: string | undefined, description: string, example?: string): Variable => ({
  name,
  ...(preset === undefined ? {} : { default: preset }),
  description,
  ...(example === undefined ? {} : { example }),
  isSecret: false,
  hasFileVariant: false,
});

const secret = (name: string, description: string, hasFileVariant: boolean): Variable => ({
  name,
  description,
  isSecret: true,
  hasFileVariant,
});

/** Variables of Dagmar and its scheduler. */
const describeDagmar = (declarations: readonly TaskDeclaration[]): readonly Variable[] => [
  own(
    "DAGMAR_LAKE",
    "file:./data/lake",
    "Where objects go: file:<folder> or s3://<bucket>/<prefix>. The Dags' keys begin with Raw/ already, below the prefix.",
    "s3://my-bucket",
  ),
  own(
    "DAGMAR_DB",
    "./data/dagmar.db",
    "The SQLite database that holds all state. It must be on a local disk.",
  ),
  own("DAGMAR_DAGS", "./dags", "The folder of the Dag files."),
  own("DAGMAR_INPUT", "./data/input", "The folder of the source files; tasks read nothing outside it."),
  own("DAGMAR_TIMEZONE", "UTC", "The IANA time zone of Dags that set none.", "America/Sao_Paulo"),
  own(
    "DAGMAR_LOG_LEVEL",
    undefined,
    "The lowest level that is logged: debug, info, warn or error. Default: info, and warn while a run shows its progress.",
    "info",
  ),
  own("DAGMAR_LOG_FORMAT", "text", "text for people, json for machines: one object a line."),
  describePools(declarations),
  own("DAGMAR_MAX_ACTIVE_TASKS", "32", "How many tasks may run at the same time, over all Dags."),
  own(
    "DAGMAR_HTTP",
    "127.0.0.1:8793",
    "The address where the scheduler serves pages, API, /healthz, /readyz and /metrics; `off` for none. An address that other machines reach needs a password or a token.",
    "0.0.0.0:8793",
  ),
  secret(
    "DAGMAR_WEB_PASSWORD",
    "The password of pages and API; with it a user may also change things. Without it, no login is needed on an address of this machine alone. Prefer the file.",
    true,
  ),
  own(
    "DAGMAR_WEB_BASE_PATH",
    undefined,
    "The path under which a proxy shows pages and API, if it is not the root.",
    "/dagmar",
  ),
  own("DAGMAR_LOGS", "./data/logs", "The folder of the attempts' log files."),
  secret(
    "DAGMAR_NOTIFY_URL",
    "A webhook that gets a notice of failures and recoveries; Slack's webhooks work.",
    true,
  ),
  own("DAGMAR_NOTIFY_AFTER", "1", "How many runs of a Dag must fail in a row before a notice is sent."),
  own(
    "DAGMAR_NOTIFY_TEMPLATE",
    '{"text":"${message}"}',
    "The body of a notice: slack, discord, teams or telegram:<chat id>, or JSON of your own. ${message}, ${dag_id}, ${run_id}, ${kind} and ${failures} stand for their values.",
  ),
  secret(
    "DAGMAR_SMTP_URL",
    "A mail server that sends the same notices: smtp://user:password@host:587, or smtps:// for TLS from the start (port 465). Percent-encode special characters. No proxy is used.",
    true,
  ),
  own("DAGMAR_SMTP_FROM", undefined, "The sender of notices by mail.", "Dagmar <dagmar@example.com>"),
  own(
    "DAGMAR_SMTP_TO",
    undefined,
    "Who gets notices by mail; several addresses with commas between them.",
    "ops@example.com,data@example.com",
  ),
  own(
    "DAGMAR_SMTP_TLS",
    undefined,
    "For smtp://: `required` sends nothing before STARTTLS, `off` sends without encryption. Default: required, and off for a server on this machine.",
    "off",
  ),
];

/** Variables for reaching stores and services. */
const ABOUT_REACH: readonly Variable[] = [
  own(
    "HTTPS_PROXY",
    undefined,
    "The proxy for https addresses: the store, the APIs and the webhook alike, but not mail. HTTP_PROXY is the one for http, ALL_PROXY for both; names in lower case win.",
    "http://proxy.example.com:3128",
  ),
  own("HTTP_PROXY", undefined, "The proxy for http addresses.", "http://proxy.example.com:3128"),
  own("ALL_PROXY", undefined, "The proxy if the other two are not set.", "http://proxy.example.com:3128"),
  own(
    "NO_PROXY",
    undefined,
    "What is reached without a proxy: host names with all their subdomains, addresses, networks such as 10.0.0.0/8, each with or without :port; * for everything.",
    "minio.internal:9000,10.0.0.0/8",
  ),
  own(
    "DAGMAR_S3_SSE",
    undefined,
    "The encryption that every write asks for: AES256, aws:kms or aws:kms:dsse. Without it, the bucket's default.",
    "aws:kms",
  ),
  own(
    "DAGMAR_S3_SSE_KMS_KEY_ID",
    undefined,
    "The KMS key for DAGMAR_S3_SSE. Without it, the account's key for S3.",
    "arn:aws:kms:sa-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
  ),
  own("AWS_REGION", undefined, "Region of the bucket. This name and the next ones are AWS's.", "sa-east-1"),
  own("AWS_ENDPOINT_URL_S3", undefined, "The store's address if it is not AWS.", "https://s3.example.com"),
  own(
    "AWS_ENDPOINT_URL",
    undefined,
    "The address for all of AWS's services; AWS_ENDPOINT_URL_S3 wins.",
    "https://aws.example.com",
  ),
  own(
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "false",
    "`true`: the two variables above, and endpoint_url in a profile, are ignored.",
  ),
  own("AWS_PROFILE", undefined, "Profile of the shared AWS configuration, in place of keys."),
  own("AWS_ACCESS_KEY_ID", undefined, "Access key; not needed with a profile or a role."),
  secret("AWS_SECRET_ACCESS_KEY", "Secret of the access key.", false),
  secret("AWS_SESSION_TOKEN", "Session token of temporary credentials.", false),
];

/** In the order in which they are documented. */
export function listVariables(declarations: readonly TaskDeclaration[]): readonly Variable[] {
  return [
    ...describeDagmar(declarations),
    ...declarations.flatMap(({ settings = [] }) => settings),
    ...ABOUT_REACH,
  ];
}

/** Every task type's pools are part of the default. */
function describePools(declarations: readonly TaskDeclaration[]): Variable {
  const pools = declarations.flatMap((declaration) => Object.entries(declaration.pools ?? {}));
  const [first] = pools;
  const changed = first === undefined ? [] : [`${first[0]}=${first[1] * 2}`];
  return own(
    "DAGMAR_POOLS",
    ["default=16", ...pools.map(([name, slots]) => `${name}=${slots}`)].join(","),
    "Pools and their slots. They are added to those in the default; the same name replaces one.",
    [...changed, "night=1"].join(","),
  );
}
