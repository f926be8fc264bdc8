/** Where TMDB is and what it is shown: address and credentials, checked. Where they come from is config's business. */
import { TaskFailure } from "../../../model/errors.ts";

export interface TmdbCredentials {
  /** The "API Read Access Token", sent as Bearer. Preferred: it never stands in a URL. */
  readonly token?: string | undefined;
  /** The old "API Key", sent in the query. */
  readonly apiKey?: string | undefined;
}

/** Printable ASCII without spaces: what may stand in a header and needs no guessing about quotes or line ends. */
const SECRET = /^[\x21-\x7e]+$/;
/** Raises `TaskFailure` `SECRET_MISSING`, naming the variable, unless there is a token or a key. */
export function assertTmdbConfigured(credentials: TmdbCredentials): void {
  if ((credentials.token ?? "") !== "" || (credentials.apiKey ?? "") !== "") return;
  throw new TaskFailure(
    "SECRET_MISSING",
    "TMDB_API_TOKEN is not set, and TMDB answers nobody without it.",
    false,
    {
      hint: "Put TMDB_API_TOKEN=… into .env: the API Read Access Token from https://www.themoviedb.org/settings/api (or TMDB_API_KEY, the API Key).",
    },
  );
}

/** The variable that holds the secret in use, and how it is sent. Raises `SECRET_MISSING` or `CONFIG_INVALID`. */
export function readSecret(credentials: TmdbCredentials): {
  readonly variable: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly secretQuery: string;
} {
  assertTmdbConfigured(credentials);
  const token = credentials.token ?? "";
  const secret = token === "" ? (credentials.apiKey ?? "") : token;
  const variable = token === "" ? "TMDB_API_KEY" : "TMDB_API_TOKEN";
  if (!SECRET.test(secret)) {
    throw new TaskFailure(
      "CONFIG_INVALID",
      `${variable} holds spaces, line ends or letters that no token has.`,
      false,
    );
  }
  if (token === "") return { variable, headers: {}, secretQuery: `api_key=${encodeURIComponent(secret)}` };
  return { variable, headers: { Authorization: `Bearer ${secret}` }, secretQuery: "" };
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
  return { baseUrl: `${url.origin}${url.pathname.replace(/\/+$/, "")}`, host: url.host };
}
