/** The warning about a password that other users can read: its command must not close the file to the scheduler. */
import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { warnReadablePassword } from "../../../app/service/warn-readable-password.ts";
import { makeKeptLogger } from "../../lake/lake-tools.ts";
import { makeTempFolder } from "../../support/test-world.ts";

const SELF = process.getuid?.() ?? 0;
const OTHER = SELF + 4_000;

function makePassword(): string {
  const file = join(makeTempFolder(), "web password");
  writeFileSync(file, "canary\n");
  chmodSync(file, 0o644);
  return file;
}

/** The messages for a process of that user. */
function warn(file: string, user: number): readonly string[] {
  const log = makeKeptLogger();
  warnReadablePassword(file, log, user);
  return log.lines.map(({ message }) => message);
}

/** Does what the warning says. */
function obey(messages: readonly string[]): void {
  const [, command = "false"] = /: ([^:]+)$/.exec(messages[0] ?? "") ?? [];
  execFileSync("sh", ["-c", command]);
}

describe("the warning's command", () => {
  test("closes a file of the scheduler's own user to all others", () => {
    const file = makePassword();
    const messages = warn(file, SELF);
    expect(messages[0]).toContain(`every user of this machine can read ${file}`);
    obey(messages);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(warn(file, SELF)).toEqual([]);
  });

  test.runIf(SELF === 0)("gives a file of another user to the scheduler's user first", () => {
    const file = makePassword();
    const messages = warn(file, OTHER);
    expect(messages[0]).toContain("as root");
    obey(messages);
    expect(statSync(file)).toMatchObject({ uid: OTHER });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(warn(file, OTHER)).toEqual([]);
  });

  test.runIf(SELF === 0)(
    "takes no file from its owner for a scheduler of root, which reads it anyway",
    () => {
      const file = makePassword();
      chownSync(file, OTHER, OTHER);
      obey(warn(file, 0));
      expect(statSync(file)).toMatchObject({ uid: OTHER });
      expect(statSync(file).mode & 0o777).toBe(0o600);
    },
  );
});
