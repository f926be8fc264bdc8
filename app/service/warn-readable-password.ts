/** Warns if other users of the machine can read the file of the password, with the command that leaves it to the process's user. */
import { statSync } from "node:fs";
import type { Logger } from "../../model/ports/logger.ts";
import { quoteWord } from "../quote-word.ts";

const READABLE_BY_OTHERS = 0o004;
const ROOT = 0;

/** `file`: `null` if the password is not from a file. `user`: the id of the process's user; missing on Windows. */
export function warnReadablePassword(file: string | null, log: Logger, user?: number): void {
  const found = findReadablePassword(file, user);
  if (found !== undefined) log.warn(`DAGMAR_WEB_PASSWORD_FILE: ${found.says}. ${found.todo}`);
}

/** `undefined` if only its owner and group can read it. */
export function findReadablePassword(
  file: string | null,
  user: number | undefined = process.getuid?.(),
): { readonly says: string; readonly todo: string } | undefined {
  if (file === null) return undefined;
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined || !found.isFile() || (found.mode & READABLE_BY_OTHERS) === 0) return undefined;
  const close = `chmod 600 ${quoteWord(file)}`;
  // Mode 600 alone would close a file of another user to this process.
  const mayOwnerAlone = user === undefined || user === ROOT || user === found.uid;
  const todo = mayOwnerAlone ? `Run: ${close}` : `Run as root: chown ${user} ${quoteWord(file)} && ${close}`;
  return { says: `every user of this machine can read ${file}`, todo };
}
