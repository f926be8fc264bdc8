/** A program's output in the log and as the task's output: limits, cut lines, control characters and secrets. */
import { describe, expect, test } from "vitest";
import { failShell, runShell, startShell } from "./shell-world.ts";

describe("output in the log", () => {
  test("comes as it is printed, while the program still runs", async () => {
    const stop = new AbortController();
    const attempt = startShell(
      { script: "echo out; echo err >&2; exec sleep 1000" },
      { signal: stop.signal },
    );
    expect(await attempt.untilLine(/out/)).toBe("stdout: out");
    expect(await attempt.untilLine(/err/)).toBe("stderr: err");
    stop.abort(new Error("enough"));
    await expect(attempt.output).rejects.toThrow("enough");
  });

  test("has whole characters and lines, however they arrive, and the last line without its end", async () => {
    const script = String.raw`printf 'S\303'; sleep 0.02; printf '\243o'; sleep 0.02; printf ' Paulo\r\n\n\377\nend'`;
    const { lines } = await runShell({ script });
    expect(lines).toEqual(["stdout: São Paulo", "stdout: �", "stdout: end"]);
  });

  test("steers no terminal", async () => {
    const script = String.raw`printf '\033[31mred\033[0m \033]0;title\007 a\tb \010\r\033[2J \342\200\256 \302\233x\n'`;
    const { lines } = await runShell({ script: `${script}; echo done` });
    expect(lines.join("")).toContain("red");
    expect(lines.join("")).toContain("a\tb \\u0008\\u000d");
    for (const text of lines) {
      expect(text).not.toMatch(/(?!\t)[\p{Cc}\p{Bidi_Control}]/u);
    }
  });

  test("cuts a long line without halving a character, and says how much is missing", async () => {
    const { lines } = await runShell({ script: "yes é | head -n 5000 | tr -d '\\n'; echo; echo next" });
    expect(lines[0]).toBe(`stdout: ${"é".repeat(4096)}… (1,808 more bytes)`);
    expect(lines.slice(1)).toEqual(["stdout: next"]);
    const odd = await runShell({ script: "printf a; yes é | head -n 5000 | tr -d '\\n'; echo; echo next" });
    expect(odd.lines[0]).toBe(`stdout: a${"é".repeat(4095)}… (1,810 more bytes)`);
  });

  test.each([1, 7, 30])(
    "does not show the beginning of a secret that a cut at its byte %i has left",
    async (left) => {
      const secret = "canary-3f9a7c51d2e84b06-tail";
      const settings = { secrets: [secret] };
      // In two pieces: the line is masked as a whole, not the pieces that arrive.
      const script = `head -c ${8192 - left} /dev/zero | tr '\\0' z; printf canary-3f9; sleep 0.02; echo "a7c51d2e84b06-tail and more"; echo end`;
      const { lines } = await runShell({ script }, { settings });
      expect(lines[0]).not.toContain("canary");
      expect(lines[0]).toMatch(left < 3 ? /zc… \(/ : /z\[redacted\]/);
    },
  );

  test("ends at the limit with a line that says so, while the program continues to its end", async () => {
    const { lines, output } = await runShell({
      script: "seq 1 1000000; echo 'and that was all'",
      output_limit: 1000,
    });
    expect(lines.slice(0, 2)).toEqual(["stdout: 1", "stdout: 2"]);
    expect(lines.length).toBe(16);
    expect(lines.at(-1)).toBe(
      "undefined: The output is longer than output_limit (1000 bytes); the rest is not shown.",
    );
    expect(output["last_line"]).toBe("and that was all");
  });

  test("ends at the limit also where it is made of empty lines, or of one line without an end", async () => {
    const empty = await runShell({ script: "yes '' | head -n 1000000; echo last", output_limit: 10_000 });
    expect(empty.lines).toHaveLength(1);
    expect(empty.output["last_line"]).toBe("last");
    const endless = await runShell({
      script: "head -c 50000000 /dev/zero | tr '\\0' z; echo; echo end",
      output_limit: 10_000,
    });
    expect(endless.lines[0]).toBe(`stdout: ${"z".repeat(8192)}… (49,991,808 more bytes)`);
    expect(endless.output["last_line"]).toBe("end");
  });

  test("may be none at all", async () => {
    const { lines, output } = await runShell({ script: "echo a; echo b", output_limit: 0 });
    expect(lines).toHaveLength(1);
    expect(output["last_line"]).toBe("b");
  });
});

describe("the output last_line", () => {
  const print = (bytes: number, rest = ""): string =>
    `echo first; head -c ${bytes} /dev/zero | tr '\\0' z; ${rest}`;

  test.each([
    ["without a line's end", print(4096)],
    ["with one that is two characters long", print(4096, "printf '\\r\\n'")],
    ["with blank lines behind it, more than are kept of it", print(4096, "yes '' | head -n 40000")],
  ])("holds 4,096 bytes %s", async (_, script) => {
    const { output } = await runShell({ script });
    expect(output["last_line"]).toBe("z".repeat(4096));
  });

  test.each([
    ["4,097", print(4097)],
    ["48,000", print(48_000, "echo; echo")],
    ["20,000,000", print(20_000_000)],
    ["4,098", "yes é | head -n 2049 | tr -d '\\n'"],
  ])("of %s bytes fails the task, which says so", async (got, script) => {
    const failure = await failShell({ script, output_limit: 0 });
    expect(failure).toMatchObject({ code: "OUTPUT_TOO_LONG", retryable: false });
    expect(failure.message).toBe(
      `build: the last line on standard output is ${got} bytes long, and the output last_line may have 4,096.`,
    );
  });

  test.each([
    ["a tab, quotes and blanks at its ends", " a\tb \"c\" 'd' \\ ", ""],
    ["characters of every length", "é€😀ﬀ", ""],
    ["a byte order mark", "\ufeffx", ""],
    ["what other places show as an escape", "a\u2028b\u202ec\u200e", ""],
    ["the sign for what cannot be decoded", "a\ufffdb", ""],
    ["the line end of Windows", "x y", "\r\n"],
  ])("is passed on byte for byte: %s", async (_, text, end) => {
    const { output } = await runShell({ command: ["printf", "%s", text + end] });
    expect(output["last_line"]).toBe(text);
  });

  test.each([
    ["a NUL", "ab\\000c", "byte 3 is the control character U+0000 (NUL)"],
    ["a colour", "\\033[32mdone\\033[0m", "byte 1 is the control character U+001B (escape, as of a colour)"],
    [
      "a line that was written over",
      "10%%\\r100%%\\n",
      "byte 4 is the control character U+000D (carriage return)",
    ],
    ["two carriage returns at its end", "a\\r\\r\\n", "byte 2 is the control character U+000D"],
    ["a C1 character", "é\\302\\233m", "byte 3 is the control character U+009B"],
    ["Latin-1", "caf\\351 x", "byte 4 is 0xE9, which is not UTF-8"],
    ["half a character", "é\\342\\202", "byte 3 is 0xE2, which is not UTF-8"],
    ["a surrogate", "\\355\\240\\200", "byte 1 is 0xED, which is not UTF-8"],
    ["two faults, of which the first is named", "\\377\\000", "byte 1 is 0xFF, which is not UTF-8"],
    ["a half character that reads like the sign for one", "\\357\\277", "is 0x"],
  ])("that holds %s fails the task, which says where", async (_, format, part) => {
    const failure = await failShell({ command: ["/usr/bin/printf", format] });
    expect(failure).toMatchObject({ code: "OUTPUT_NOT_TEXT", retryable: false });
    expect(failure.message).toContain(`build: the last line on standard output is not plain text: `);
    expect(failure.message).toContain(part);
  });

  test("may follow a line that is too long, and fails no task that failed by itself", async () => {
    const { output } = await runShell({ script: print(48_000, "echo; echo done") });
    expect(output["last_line"]).toBe("done");
    expect(await failShell({ script: print(48_000, "exit 3") })).toMatchObject({ code: "SHELL_FAILED" });
  });
});
