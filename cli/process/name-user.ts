/** Who gives a command, for records that people read later: the user of the operating system and the machine. */
import { hostname, userInfo } from "node:os";

export function nameUser(): string {
  return `${readUserName()}@${hostname()}`;
}

/** A container's user may have no name. */
function readUserName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}
