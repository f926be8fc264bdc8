/** The project's laws as tables: floors, homes of packages, and what only one file may use. `check-architecture.ts` checks them. */

/** A room may import itself and the rooms that are named here. */
export const ROOMS: Readonly<Record<string, readonly string[]>> = {
  model: [],
  config: ["model"],
  logs: ["model"],
  state: ["model"],
  lake: ["model"],
  tasks: ["model", "lake", "state"],
  scheduler: ["model", "state", "lake", "tasks"],
  app: ["model", "config", "logs", "state", "lake", "tasks", "scheduler"],
  web: ["model", "state", "app"],
  cli: ["model", "config", "logs", "state", "lake", "tasks", "scheduler", "app", "web"],
};

/** Where an npm package may be imported; a path that ends in `/` is a folder. A package that is not here may be nowhere. */
export const PACKAGE_HOMES: Readonly<Record<string, readonly string[]>> = {
  zod: ["model/", "config/", "tasks/", "web/api/"],
  croner: ["model/"],
  diff: ["web/pages/dag/"],
  "node-cron": ["scheduler/waking/minute-timer.ts"],
  "prom-client": ["web/"],
  yaml: ["config/"],
  winston: ["logs/logger.ts"],
  knex: ["state/sqlite/migrate.ts"],
  "better-sqlite3": ["state/"],
  "@aws-sdk/client-s3": ["lake/s3/"],
  "@aws-sdk/credential-provider-node": ["lake/s3/"],
  axios: ["tasks/", "scheduler/notices/"],
  nodemailer: ["scheduler/notices/"],
  "axios-retry": ["tasks/"],
  "csv-parse": ["tasks/csv/"],
  "@duckdb/node-api": ["tasks/sql-to-lake/", "tasks/report-to-lake/"],
  "agent-base": ["cli/process/proxy-agents.ts"],
  "http-proxy-agent": ["cli/process/proxy-agents.ts"],
  "https-proxy-agent": ["cli/process/proxy-agents.ts"],
  commander: ["cli/"],
  "log-update": ["cli/"],
  picocolors: ["cli/"],
};

/** Of Node's own modules the model may use those that compute, and the types of streams. */
export const MODEL_BUILTINS: readonly string[] = ["node:crypto", "node:stream"];

export interface SoleUse {
  readonly law: string;
  /** In code: comments and texts are not looked at. */
  readonly patterns: readonly RegExp[];
  /** Inside texts, such as SQL. */
  readonly textPatterns?: readonly RegExp[];
  /** Node's modules that give the same thing under another name. */
  readonly modules?: readonly string[];
  readonly homes: readonly string[];
  readonly reason: string;
}

/** The first home of each must exist and use the thing; otherwise the table is out of date. */
export const SOLE_USES: readonly SoleUse[] = [
  {
    law: "clock",
    patterns: [
      /(?<![\w$.])Date\s*\.\s*now\b/g,
      /(?<![\w$.])new\s+Date\s*\(\s*\)/g,
      /(?<![\w$.])new\s+Date\b(?!\s*[(<])/g,
      /(?<![\w$.]|new\s+)Date\s*\(/g,
      /(?<![\w$.])performance\s*\.\s*(?:now|timeOrigin|mark)\b/g,
      /(?<![\w$.])process\s*\.\s*(?:hrtime|uptime)\b/g,
      /(?<![\w$])(?:setTimeout|setInterval)\b/g,
      /(?<![\w$.])Temporal\s*\.\s*Now\b/g,
      /\.\s*fn\s*\.\s*now\b/g,
    ],
    textPatterns: [/\bCURRENT_(?:TIMESTAMP|TIME|DATE)\b/gi, /'now'/gi, /\bunixepoch\s*\(\s*\)/gi],
    modules: ["node:timers", "node:timers/promises", "node:perf_hooks"],
    homes: ["cli/process/system-clock.ts"],
    reason: "time comes from the Clock port",
  },
  {
    law: "deadline",
    patterns: [/(?<![\w$.])AbortSignal\s*\.\s*timeout\b/g],
    homes: ["lake/s3/", "tasks/http/"],
    reason:
      "only a request's deadline may run on the machine's own timer; other waits go through the Clock port",
  },
  {
    law: "environment",
    patterns: [/(?<![\w$.])process\s*\.\s*(?:env|loadEnvFile)\b/g],
    homes: ["config/settings/environment.ts"],
    reason: "the environment is read once and handed on as validated settings",
  },
  {
    law: "module",
    patterns: [],
    modules: ["node:module"],
    homes: ["cli/process/compile-cache.ts"],
    reason: "it would hide other modules from the laws; the cache of compiled code alone needs it",
  },
  {
    law: "exit",
    patterns: [/(?<![\w$.])process\s*\.\s*(?:exit|exitCode|abort|reallyExit)\b/g],
    homes: ["cli/main.ts"],
    reason: "an error goes up to the one place that turns it into an exit code",
  },
];

/** What would let a file go round the laws above unseen, or round the model's purity. */
export const NOWHERE: readonly { law: string; room?: string; pattern: RegExp; reason: string }[] = [
  {
    law: "disguise",
    pattern:
      /(?<![\w$.])(?:process|globalThis)\s*\??\.?\s*\[|\}\s*=\s*(?:process|globalThis)\b|globalThis\s*\.\s*\w+/g,
    reason: "a global is named in full, so that the laws can see it",
  },
  {
    law: "enum",
    pattern: /(?<![\w$.])enum\s+[\w$]+\s*\{/g,
    reason: "states are words: `as const` and a union",
  },
  { law: "enum", pattern: /(?<![\w$.])namespace\s+[\w$.]+\s*\{/g, reason: "a file is the only namespace" },
  {
    law: "purity",
    room: "model",
    pattern: /\bMath\s*\.\s*random\b|\brandom(?:UUID|Bytes|Int)\b|(?<![\w$.])process\b/g,
    reason: "the model computes from its arguments only",
  },
  {
    law: "memory",
    room: "scheduler",
    pattern:
      /^(?:export\s+)?(?:let\s|const\s+[\w$]+\s*(?::(?!\s*Readonly)[^=]+)?=\s*new\s+(?:Weak)?(?:Map|Set)\b)|^(?:export\s+)?const\s[^=]*=\s*new\s+Weak/gm,
    reason: "what is remembered belongs to an object that someone owns, and a module outlives all of them",
  },
];

/**
 * What belongs to one service: its task type's folder may name it, the rooms below and around may not, and neither may the
 * client that the types share; in texts and comments neither.
 */
export const SERVICES: { readonly places: readonly string[]; readonly pattern: RegExp } = {
  places: ["model/", "state/", "scheduler/", "app/", "lake/", "config/", "logs/", "web/", "tasks/http/"],
  pattern: /tmdb|themoviedb|imdb/gi,
};

/** Modules whose import would hide `process.env` and its kind behind another name. */
export const DISGUISES: readonly string[] = ["node:process", "node:vm"];

/** Names that say nothing about what lies behind them. */
export const EMPTY_NAMES: ReadonlySet<string> = new Set([
  "utils",
  "util",
  "helpers",
  "helper",
  "common",
  "types",
  "lib",
  "misc",
  "shared",
  "core",
  "interfaces",
  "classes",
]);

export const MAX_LINES = 500;

/** A task type's own front door; every other file that only re-exports hides where things live. */
export const FRONT_DOOR = /^tasks\/[^/]+\/index\.ts$/;
