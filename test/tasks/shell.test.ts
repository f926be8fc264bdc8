/**
 * The task type `shell`: its arguments are data, its exit code decides the attempt, and its last line is the output.
 */
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { makeTempFolder } from "../support/test-world.ts";
import { failShell, readLastLine, runShell } from "./shell-world.ts";

const SHOW_ARGUMENTS = "console.log(JSON.stringify(process.argv.slice(1)))";

/** Text that a shell would interpret. */
const NASTY = [
  "; touch planted",
  "$(touch planted)",
  "`touch planted`",
  "' ; touch planted; '",
  '" && touch planted "',
  "| tee planted > planted",
  "*",
  "-e",
  "--",
  "",
  " a  b ",
  "two\nlines",
  "\\",
  "$HOME ${HOME}",
  "São Paulo 🎬",
];

describe("arguments are data", () => {
  const params = Object.fromEntries(NASTY.map((text, index) => [`p${index}`, text]));
  const templates = NASTY.map((_, index) => `\${params.p${index}}`);

  test("to a script", async () => {
    const cwd = makeTempFolder();
    const script = `exec "$NODE" -e '${SHOW_ARGUMENTS}' -- "$@"`;
    const env = { NODE: process.execPath };
    const { output } = await runShell({ script, args: templates, env, cwd }, { params });
    expect(JSON.parse(readLastLine(output))).toEqual(NASTY);
    expect(existsSync(join(cwd, "planted"))).toBe(false);
  });

  test("to a program, which no shell sees", async () => {
    const cwd = makeTempFolder();
    const command = [process.execPath, "-e", SHOW_ARGUMENTS, "--", ...templates];
    const { output } = await runShell({ command, args: ["and", 7, true], cwd }, { params });
    expect(JSON.parse(readLastLine(output))).toEqual([...NASTY, "and", "7", "true"]);
    expect(existsSync(join(cwd, "planted"))).toBe(false);
  });

  test("in a variable", async () => {
    const cwd = makeTempFolder();
    const env = Object.fromEntries(templates.map((text, index) => [`V${index}`, text]));
    const names = JSON.stringify(Object.keys(env));
    const command = [
      process.execPath,
      "-e",
      `console.log(JSON.stringify(${names}.map((n) => process.env[n])))`,
    ];
    const { output } = await runShell({ command, env, cwd }, { params });
    expect(JSON.parse(readLastLine(output))).toEqual(NASTY);
  });

  test("where a whole list is a template, too", async () => {
    const { lines } = await runShell(
      { script: 'for one in "$@"; do echo "<$one>"; done', args: "${params.genres}" },
      { params: { genres: ["Animation", "Science Fiction"] } },
    );
    expect(lines).toEqual(["stdout: <Animation>", "stdout: <Science Fiction>"]);
  });

  test.each([
    [{ script: 'rm "${params.file}"' }, "script"],
    [{ script: "${params.file}" }, "script"],
    [{ command: ["${params.file}", "x"] }, "command.0"],
    [{ command: "${params.list}" }, "command"],
    [{ script: "env", env: "${params.map}" }, "env"],
    [{ script: "env", pass_env: ["${params.name}"] }, "pass_env.0"],
    [{ script: "env", cwd: "${params.file}" }, "cwd"],
  ])("and %j is refused before anything is started", async (written, place) => {
    const failure = await failShell(written, {
      params: { file: "/", name: "HOME", list: ["env"], map: { LD_PRELOAD: "x" } },
    });
    expect(failure).toMatchObject({ code: "DAG_INVALID", retryable: false });
    expect(failure.message).toBe(`build: templates are not allowed in ${place}.`);
    expect(failure.hint).toContain("In its Dag file:");
  });
});

describe("success", () => {
  test("is exit code 0, with the last line that is not empty as output", async () => {
    const { output } = await runShell({ script: 'echo first; echo "{\\"rows\\": 3}"; echo; echo " "' });
    expect(output).toEqual({ exit_code: 0, last_line: '{"rows": 3}' });
  });

  test("may print nothing", async () => {
    expect(await runShell({ script: "true" })).toEqual({
      output: { exit_code: 0, last_line: "" },
      lines: [],
    });
  });

  test("of a script needs every command, and every variable", async () => {
    expect((await failShell({ script: "false; true" })).message).toContain("exit code 1");
    expect((await failShell({ script: 'echo "$NOT_THERE"' })).message).toContain("NOT_THERE");
  });

  test("reads an empty standard input instead of waiting for one", async () => {
    expect((await runShell({ script: "wc -c" })).output["last_line"]).toBe("0");
  });

  test("happens in the folder that was asked for", async () => {
    const cwd = makeTempFolder();
    expect((await runShell({ command: ["pwd"], cwd })).output["last_line"]).toBe(cwd);
    expect((await runShell({ command: ["pwd"] })).output["last_line"]).toBe(process.cwd());
  });
});

describe("failure", () => {
  test("is any other exit code, retryable, with the last lines of standard error", async () => {
    const failure = await failShell({
      script:
        "for n in 1 2 3 4 5; do echo \"line $n\" >&2; done; printf '\\033[31mred\\033[0m\\010\\n\\n' >&2; exit 3",
    });
    expect(failure).toMatchObject({ code: "SHELL_FAILED", retryable: true, retryAfterSeconds: undefined });
    expect(failure.message).toBe(
      'build: the script ended with exit code 3. Last on standard error: "line 4", "line 5", "red\\u0008".',
    );
  });

  test("is quoted in short", async () => {
    const failure = await failShell({ script: "head -c 5000 /dev/zero | tr '\\0' x >&2; exit 1" });
    expect(failure.message.length).toBeLessThan(400);
    expect(failure.message).toContain("xxx… (4,800 more characters)");
  });

  test("may be silent", async () => {
    expect((await failShell({ command: ["false"] })).message).toBe(
      "build: the program ended with exit code 1. It wrote nothing to standard error.",
    );
  });

  test("with exit code 75 asks for another attempt", async () => {
    const failure = await failShell({ script: "exit 75" });
    expect(failure).toMatchObject({ code: "SHELL_FAILED", retryable: true });
    expect(failure.message).toContain("try again later");
  });

  test("by a signal names it, also where the shell only gives its number", async () => {
    expect((await failShell({ script: "kill -SEGV $$" })).message).toContain("was ended by SIGSEGV");
    expect((await failShell({ script: "kill -KILL $$" })).message).toContain("memory runs out");
    expect((await failShell({ script: "sh -c 'kill -9 $$'; true" })).message).toContain(
      "exit code 137: a command in it was ended by SIGKILL",
    );
  });
});

describe("what cannot be started is not tried again", () => {
  test.each([
    [{ command: ["no-such-program"] }, "the program no-such-program was not found on the PATH"],
    [{ command: ["./no/such/program"] }, "the program ./no/such/program was not found,"],
    [{ command: ["pwd"], cwd: "/no/such/folder" }, "cwd: /no/such/folder is not a folder"],
    [{ command: ["pwd"], cwd: "/etc/passwd" }, "cwd: /etc/passwd is not a folder"],
    [{ script: "no-such-program" }, "a command in it was not found or is not executable"],
    [{ script: "true", args: ["x".repeat(200_000)] }, "longer than this system permits (E2BIG)"],
  ])("%.60j", async (written, message) => {
    const failure = await failShell(written);
    expect(failure).toMatchObject({ code: "SHELL_NOT_FOUND", retryable: false });
    expect(failure.message).toContain(message);
  });

  test("a file without the right to execute it, and one whose first line names nothing", async () => {
    const folder = makeTempFolder();
    const file = join(folder, "load.sh");
    writeFileSync(file, "#!/no/such/interpreter\n");
    expect((await failShell({ command: [file] })).message).toContain("is not executable by this user");
    chmodSync(file, 0o755);
    expect((await failShell({ command: [file] })).message).toContain("the interpreter in its first line");
    mkdirSync(join(folder, "a-folder"));
    expect(await failShell({ command: [join(folder, "a-folder")] })).toMatchObject({
      code: "SHELL_NOT_FOUND",
    });
  });
});
