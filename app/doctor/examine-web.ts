/** Who can reach the pages and the API, and with which login. Nothing is opened: another process may have the address. */
import { existsSync } from "node:fs";
import type { Finding } from "../../model/ports/examination.ts";
import { isLoopback } from "../../model/text/loopback.ts";
import { listTokens } from "../../state/access/tokens.ts";
import type { App } from "../app.ts";
import { findUnguarded } from "../service/assert-guarded.ts";
import { findReadablePassword } from "../service/warn-readable-password.ts";

const what = "web";

export async function examineWeb(
  app: Pick<App, "settings" | "clock" | "openDatabase">,
): Promise<readonly Finding[]> {
  const { http, web } = app.settings;
  if (http === null) {
    return [{ what, state: "ok", says: "DAGMAR_HTTP is off: no pages, no API, no metrics", todo: null }];
  }
  const tokens = await countTokens(app);
  const isLocal = isLoopback(http.host);
  const reach = `${http.host}:${http.port}, ${isLocal ? "for this machine alone" : "which other machines can reach"}`;
  const unguarded = findUnguarded(app.settings, () => tokens > 0);
  if (unguarded !== undefined) {
    const says = `${reach}; there is neither a password nor a valid token, so the scheduler does not start`;
    return [{ what, state: "fail", says, todo: unguarded.hint ?? null }];
  }
  const says = `${reach}; ${describeLogin(web, isLocal, tokens)}`;
  const readable = findReadablePassword(web.passwordFile);
  if (readable === undefined) return [{ what, state: "ok", says, todo: null }];
  return [{ what, state: "warn", says: `${says}; ${readable.says}`, todo: readable.todo }];
}

/** Of those that are valid now; 0 without a database that can be read, which is another check's finding. */
async function countTokens(app: Pick<App, "settings" | "clock" | "openDatabase">): Promise<number> {
  if (!existsSync(app.settings.databaseFile)) return 0;
  try {
    const now = app.clock.now().toISOString();
    return listTokens(await app.openDatabase("read")).filter(
      ({ revokedAt, expiresAt }) => revokedAt === null && expiresAt > now,
    ).length;
  } catch {
    return 0;
  }
}

function describeLogin(
  { password, passwordFile }: App["settings"]["web"],
  isLocal: boolean,
  tokens: number,
): string {
  const token = `a token (${tokens} ${tokens === 1 ? "is" : "are"} valid)`;
  if (password === null) return isLocal ? "no login is needed" : `a login needs ${token}`;
  const source = passwordFile === null ? "DAGMAR_WEB_PASSWORD" : passwordFile;
  return `a login needs the password of ${source}${tokens === 0 ? "" : ` or ${token}`}`;
}
