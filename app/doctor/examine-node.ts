/** Whether this Node still gets security fixes. That it is new enough was checked before the program was loaded. */
import type { Finding } from "../../model/ports/examination.ts";

/** The last day on which a line gets fixes: https://github.com/nodejs/Release */
const ENDS: Readonly<Record<number, string>> = {
  20: "2026-04-30",
  22: "2027-04-30",
  24: "2028-04-30",
  26: "2029-04-30",
};

/** `version`: `20.19.0`. */
export function examineNode(
  version: string,
  sqliteVersion: string | undefined,
  now: Date,
): readonly Finding[] {
  const end = ENDS[Number(version.split(".")[0])];
  const sqlite = sqliteVersion === undefined ? "" : `, SQLite ${sqliteVersion}`;
  const says = `Node ${version}${sqlite}`;
  if (end === undefined || now.toISOString().slice(0, 10) <= end) {
    return [{ what: "node", state: "ok", says, todo: null }];
  }
  return [
    {
      what: "node",
      state: "warn",
      says: `${says}; this Node has had no security fixes since ${end}`,
      todo: "Install Node 22, 24 or 26 when you can; Dagmar runs on each of them.",
    },
  ];
}
