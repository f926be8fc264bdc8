/** TMDB's address and credentials, checked. config decides where they come from. */
import { TaskFailure } from "../../model/errors.ts";

export interface TmdbCredentials {
  /** The "API Read Access Token", sent as Bearer. Preferred: it never appears in a URL. */
  readonly token?: string | undefined;
  /** The old "API Key", sent in the query. */
  readonly apiKey?: string | undefined;
}

export interface TmdbSecret {
  /** The variable that holds it. */
  readonly variable: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly secretQuery: string;
}

/**
 * Printable ASCII without spaces: what a header may hold, so that nothing must be guessed about quotes or line ends.
 */
const SECRET = /^[\x21-\x7e]+$/;
/** TMDB's settings page shows two secrets together, and each is refused in the other's place. */
const API_KEY = /^[0-9a-f]{32}$/i;
const ACCESS_TOKEN = /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/;
const WHERE = "https://www.themoviedb.org/settings/api";

/** Raises as `readSecret` does. */
export function assertTmdbConfigured(credentials: TmdbCredentials): void {
  readSecret(credentials);
}

/**
 * The secret in use, and how it is sent. Raises `TaskFailure` `SECRET_MISSING` or `CONFIG_INVALID`, which names the
 * variable.
 */
export function readSecret(credentials: TmdbCredentials): TmdbSecret {
  const token = credentials.token ?? "";
  const value = token === "" ? (credentials.apiKey ?? "") : token;
  if (value === "") {
    throw new TaskFailure("SECRET_MISSING", "TMDB_API_TOKEN is not set. TMDB needs a token.", false, {
      hint: `Put TMDB_API_TOKEN=… into .env: the API Read Access Token from ${WHERE} (or TMDB_API_KEY, the API Key).`,
    });
  }
  const variable = token === "" ? "TMDB_API_KEY" : "TMDB_API_TOKEN";
  if (!SECRET.test(value)) {
    throw new TaskFailure(
      "CONFIG_INVALID",
      `${variable} holds spaces, line ends or letters that a token cannot have.`,
      false,
    );
  }
  if (token === "") {
    if (ACCESS_TOKEN.test(value))
      throw describeMixUp(variable, "the API Read Access Token", "TMDB_API_TOKEN");
    return { variable, value, headers: {}, secretQuery: `api_key=${encodeURIComponent(value)}` };
  }
  if (API_KEY.test(value))
    throw describeMixUp(variable, "an API Key (32 hexadecimal digits)", "TMDB_API_KEY");
  return { variable, value, headers: { Authorization: `Bearer ${value}` }, secretQuery: "" };
}

function describeMixUp(variable: string, found: string, right: string): TaskFailure {
  const hint = `Rename the setting to ${right}, or put the other secret from ${WHERE} into ${variable}.`;
  return new TaskFailure("CONFIG_INVALID", `${variable} holds ${found}, which TMDB refuses there.`, false, {
    hint,
  });
}

/** Without a trailing slash; `host` may be shown. Raises `TaskFailure` `CONFIG_INVALID`. */
export function readBaseUrl(text: string): { readonly baseUrl: string; readonly host: string } {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const parts = url === undefined ? ["unreadable"] : [url.username, url.password, url.search, url.hash];
  const isPlain = parts.every((part) => part === "");
  if (url === undefined || !isPlain || (url.protocol !== "https:" && url.protocol !== "http:")) {
    throw new TaskFailure("CONFIG_INVALID", "TMDB_BASE_URL is not a plain http or https address.", false, {
      hint: "Such as https://api.themoviedb.org/3, without user, password, query or fragment.",
    });
  }
  const path = url.pathname.replace(/\/+$/, "");
  if (/^api\.(?:themoviedb|tmdb)\.org$/.test(url.hostname) && path !== "/3") {
    throw new TaskFailure(
      "CONFIG_INVALID",
      "TMDB_BASE_URL is not the address of version 3 of the API.",
      false,
      {
        hint: `Set it to ${url.origin}/3.`,
      },
    );
  }
  return { baseUrl: `${url.origin}${path}`, host: url.host };
}
