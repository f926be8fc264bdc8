/** What the task type `tmdb-to-lake` declares: its variables, error codes and pool. */
import type { ErrorTable } from "../../model/errors.ts";
import {
  readSetting,
  type SettingDeclaration,
  type SettingValues,
  type TaskDeclaration,
} from "../../model/ports/task-declaration.ts";
import { parseAddress, type Parsed } from "../../model/text/address.ts";
import { isLoopback } from "../../model/text/loopback.ts";

const ERRORS = {
  TMDB_UNAUTHORIZED: { exit: 1, meaning: "TMDB refused the token (401 or 403)." },
  TMDB_REFUSED: {
    exit: 1,
    meaning:
      "TMDB, or a proxy in front of it, refused the requests themselves (3xx or 4xx); no id got an outcome.",
  },
  TMDB_UNTRUSTED: { exit: 1, meaning: "The certificate of TMDB's address is not trusted." },
  TMDB_UNAVAILABLE: { exit: 75, meaning: "TMDB failed repeatedly; the circuit is open." },
  TMDB_RATE_LIMITED: { exit: 75, meaning: "TMDB asked for a longer pause than a task may hold its slot." },
} as const satisfies ErrorTable;

declare module "../../model/errors.ts" {
  interface TaskErrors extends Readonly<Record<keyof typeof ERRORS, unknown>> {}
}

const API_TOKEN: SettingDeclaration<string> = {
  name: "TMDB_API_TOKEN",
  description: "TMDB's API read access token, sent as Bearer; preferred.",
  isSecret: true,
  hasFileVariant: true,
  parse: parseCredential,
};
const API_KEY: SettingDeclaration<string> = {
  name: "TMDB_API_KEY",
  description: "TMDB's older API key; used if there is no token.",
  isSecret: true,
  hasFileVariant: true,
  parse: parseCredential,
};
export const BASE_URL = {
  name: "TMDB_BASE_URL",
  default: "https://api.themoviedb.org/3",
  description: "The address of TMDB's API.",
  isSecret: false,
  hasFileVariant: false,
  parse: parseServiceAddress,
};
const RATE_PER_SECOND = {
  name: "TMDB_RATE_PER_SECOND",
  default: "30",
  description:
    "Requests a second to TMDB, retries included, over all tasks; `none` for no limit. TMDB allows about 40.",
  isSecret: false,
  hasFileVariant: false,
  parse: parseRate,
};

export const TMDB_TO_LAKE: TaskDeclaration = {
  settings: [API_TOKEN, API_KEY, BASE_URL, RATE_PER_SECOND],
  errors: ERRORS,
  pools: { tmdb: 2 },
};

export interface TmdbSettings {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  /** Bearer token, preferred; or the older API key. */
  readonly token: string | undefined;
  readonly apiKey: string | undefined;
  /** Requests a second, over all tasks of the process; `Infinity` for no limit. */
  readonly ratePerSecond: number;
}

export function readTmdbSettings(values: SettingValues): TmdbSettings {
  return {
    baseUrl: readSetting(values, BASE_URL),
    token: readSetting(values, API_TOKEN),
    apiKey: readSetting(values, API_KEY),
    ratePerSecond: readSetting(values, RATE_PER_SECOND),
  };
}

/**
 * A credential goes into a header: a value that a header cannot hold is refused here, because the HTTP client would put
 * it into its error.
 */
function parseCredential(text: string): Parsed<string> {
  return /^[!-~]+$/.test(text)
    ? { value: text }
    : { fault: "holds a space or another character that no token has" };
}

/** As `parseAddress`; plain http is accepted only for this machine, because a token is sent. */
function parseServiceAddress(text: string): Parsed<string> {
  const parsed = parseAddress(text);
  if ("fault" in parsed) return parsed;
  const { protocol, hostname } = new URL(parsed.value);
  if (protocol === "http:" && !isLoopback(hostname)) {
    return { fault: "must be https://, since the token is sent there" };
  }
  return parsed;
}

/** Requests a second: a number above 0, or `none`. */
function parseRate(text: string): Parsed<number> {
  if (text === "none") return { value: Infinity };
  const rate = Number(text);
  if (/^\d{1,6}(\.\d{1,3})?$/.test(text) && rate > 0) return { value: rate };
  return { fault: "must be a number above 0, or none" };
}
