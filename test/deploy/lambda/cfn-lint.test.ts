/** AWS's own checker of templates knows every property and action; where it is not installed, the template's own test remains. */
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";

const FILE = fileURLToPath(new URL("../../../deploy/lambda/template.yaml", import.meta.url));
/** Seconds of Python, on a machine that does other work. */
const LINT_MS = 180_000;

function lint(file: string) {
  const { status, stdout, stderr } = spawnSync("cfn-lint", ["--non-zero-exit-code", "warning", file], {
    encoding: "utf8",
  });
  return { status, said: stdout + stderr };
}

describe.runIf(spawnSync("cfn-lint", ["--version"]).status === 0)("cfn-lint", { timeout: LINT_MS }, () => {
  it("has nothing to say about the template", () => {
    expect(lint(FILE)).toEqual({ status: 0, said: "" });
  });

  it("finds a planted fault in it", () => {
    const folder = fs.mkdtempSync(path.join(tmpdir(), "dagmar-template-"));
    onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }));
    const planted = path.join(folder, "template.yaml");
    const text = fs.readFileSync(FILE, "utf8");
    fs.writeFileSync(planted, text.replace("ScheduleExpressionTimezone:", "ScheduleTimezone:"));
    const { status, said } = lint(planted);
    expect(status).not.toBe(0);
    expect(said).toContain("ScheduleTimezone");
  });
});
