/** `dagmar doctor`: whether everything that the program needs is there, a line a matter, and what to do. */
import { Writable } from "node:stream";
import { DagmarError, EXIT } from "../../model/errors.ts";
import type { Finding, FindingState } from "../../model/ports/examination.ts";
import { isSet, JSON_OPTION, type Command, type Invocation } from "../command.ts";

export const doctor: Command = {
  name: "doctor",
  summary: "check Node, database, lake, tokens, Dag files, clock and proxy",
  options: [JSON_OPTION],
  examples: ["dagmar doctor", "dagmar doctor --json"],
  async run({ options, output }) {
    const { systemClock } = await import("../process/system-clock.ts");
    const { examineNode } = await import("../../app/doctor/examine-node.ts");
    const { readSqliteVersion } = await import("../../state/sqlite/sqlite-version.ts");
    const findings = [
      ...examineNode(process.versions.node, readSqliteVersion(), systemClock.now()),
      ...(await examineRest()),
    ];
    const failed = findings.filter(({ state }) => state === "fail").length;
    if (isSet(options, "json")) output.json({ ok: failed === 0, checks: findings });
    else print(findings, output);
    return failed === 0 ? EXIT.done : EXIT.failed;
  },
};

/** Without settings nothing else can be looked at. */
async function examineRest(): Promise<readonly Finding[]> {
  const { withApp } = await import("../open-app.ts");
  const { examineApp } = await import("../../app/doctor/examine-app.ts");
  const { describeFault } = await import("../../app/doctor/examine.ts");
  // The findings already report what a client logs while it tries.
  const logStream = new Writable({ write: (_chunk, _encoding, done) => done() });
  try {
    return await withApp(
      async (app) => [
        { what: "settings", state: "ok", says: "valid", todo: null },
        ...(await examineApp(app, { zoneDataVersion: process.versions["tz"] })),
      ],
      { logStream },
    );
  } catch (error) {
    if (!(error instanceof DagmarError)) throw error;
    const { says, todo, ...finding } = describeFault("settings", error);
    const rest = "Correct the settings first: the other checks need them.";
    return [{ ...finding, says: says.replace(/\n\s*/, " ").replaceAll(/\n\s*/g, "; "), todo: todo ?? rest }];
  }
}

const STATE_COLUMNS = 6;

function print(findings: readonly Finding[], output: Invocation["output"]): void {
  const { paint } = output;
  const width = Math.max(...findings.map(({ what }) => what.length));
  const colours: Readonly<Record<FindingState, (text: string) => string>> = {
    ok: paint.good,
    warn: paint.warn,
    fail: paint.bad,
  };
  for (const { what, state, says, todo } of findings) {
    const rest = todo === null ? "" : ` — ${todo}`;
    const label = `${colours[state](state)}${" ".repeat(STATE_COLUMNS - state.length)}${what.padEnd(width)}  `;
    output.labelled(label, STATE_COLUMNS + width + 2, `${says}${rest}`);
  }
}
