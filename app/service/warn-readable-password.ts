/** Warns if other users of the machine can read the file of the password. */
import { statSync } from "node:fs";
import type { Logger } from "../../model/ports/logger.ts";

const READABLE_BY_OTHERS = 0o004;

/** `file`: `null` if the password is not from a file. */
export function warnReadablePassword(file: string | null, log: Logger): void {
  if (file === null) return;
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined || !found.isFile() || (found.mode & READABLE_BY_OTHERS) === 0) return;
  log.warn(`DAGMAR_WEB_PASSWORD_FILE: every user of this machine can read ${file}. Run: chmod 600 ${file}`);
}
