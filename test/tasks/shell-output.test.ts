import { describe, expect, test } from "vitest";
import { readLastLine, runShell, startShell } from "./shell-world.ts";

describe("output in the log", () => {
  test("comes as it is said, while the program is still at work", async () => {
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
    const { lines, output } = await runShell({ script });
    expect(lines.join("")).toContain("red");
    expect(lines.join("")).toContain("a\tb \\u0008\\u000d");
    for (const text of [...lines, readLastLine(output)]) {
      expect(text).not.toMatch(/(?!\t)[\p{Cc}\p{Bidi_Control}]/u);
    }
  });

  test("cuts a long line without halving a character", async () => {
    const { lines } = await runShell({ script: "yes é | head -n 5000 | tr -d '\\n'; echo; echo next" });
    expect(lines[0]).toBe(`stdout: ${"é".repeat(4096)}… (cut)`);
    expect(lines.slice(1)).toEqual(["stdout: next"]);
    const odd = await runShell({ script: "printf a; yes é | head -n 5000 | tr -d '\\n'" });
    expect(odd.lines).toEqual([`stdout: a${"é".repeat(4095)}… (cut)`]);
  });

  test("ends at the limit with a line that says so, while the program goes on to its end", async () => {
    const { lines, output } = await runShell({
      script: "seq 1 1000000; echo 'and that was all'",
      output_limit: 1000,
    });
    expect(lines.slice(0, 2)).toEqual(["stdout: 1", "stdout: 2"]);
    expect(lines.length).toBe(16);
    expect(lines.at(-1)).toBe(
      "undefined: The output goes on; what is beyond output_limit (1000 bytes) is not shown.",
    );
    expect(output["last_line"]).toBe("and that was all");
  });

  test("ends at the limit also where it is made of empty lines, or of one line without an end", async () => {
    const empty = await runShell({ script: "yes '' | head -n 1000000; echo last", output_limit: 10_000 });
    expect(empty.lines).toHaveLength(1);
    expect(empty.output["last_line"]).toBe("last");
    const endless = await runShell({
      script: "head -c 50000000 /dev/zero | tr '\\0' z",
      output_limit: 10_000,
    });
    expect(endless.lines).toEqual([`stdout: ${"z".repeat(8192)}… (cut)`]);
    expect(endless.output["last_line"]).toBe("z".repeat(4096));
  });

  test("may be none at all", async () => {
    const { lines, output } = await runShell({ script: "echo a; echo b", output_limit: 0 });
    expect(lines).toHaveLength(1);
    expect(output["last_line"]).toBe("b");
  });
});
