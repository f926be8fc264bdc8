/** What the HTTP client must know of TMDB. */
import type { Provider } from "../http/provider.ts";
import { BASE_URL } from "./declare.ts";
import { judgeStatus, readErrorCode } from "./judge-status.ts";
import { isSound } from "./title-requests.ts";

/** "Your request count is over the allowed limit": 429, in an answer whose status a proxy hides. */
const RATE_LIMIT_CODE = 25;

export function describeTmdb(address: Pick<Provider, "baseUrl" | "host">): Provider {
  return {
    ...address,
    name: "TMDB",
    addressSetting: BASE_URL.name,
    isAddressOwn: address.baseUrl !== BASE_URL.default,
    codes: {
      unavailable: "TMDB_UNAVAILABLE",
      rateLimited: "TMDB_RATE_LIMITED",
      untrusted: "TMDB_UNTRUSTED",
    },
    isSound,
    isRateLimit: (value) => readErrorCode(value) === RATE_LIMIT_CODE,
    isAbsence: (status, value) => judgeStatus(status, value) === "not_found",
  };
}
