/** Which variables a `.env` gives, and which of its lines are faults: no line is lost without a message. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseDotEnv } from "../../../config/settings/dot-env.ts";

const read = (text: string | Uint8Array) => parseDotEnv(typeof text === "string" ? Buffer.from(text) : text);

describe("a .env gives its variables", () => {
  test.each<[string, string, Record<string, string>]>([
    ["with a byte order mark", "\ufeffDAGMAR_LAKE=file:./x\nB=2", { DAGMAR_LAKE: "file:./x", B: "2" }],
    ["with the line ends of Windows", "A=1\r\nB=2\r\n", { A: "1", B: "2" }],
    ["with those of old Macs", "A=1\rB=2", { A: "1", B: "2" }],
    ["as a shell exports them", "export A=1\nexport\tB='2'", { A: "1", B: "2" }],
    ["with blanks around", "  A = 1 \n\tB=  2\t", { A: "1", B: "2" }],
    ["between comments and empty lines", "# c\n\n  # A=9\nA=1 # one\nB='#2' # two", { A: "1", B: "#2" }],
    ["in quotes of three kinds", "A=\"x y\"\nB='a\"b'\nC=`it's`", { A: "x y", B: 'a"b', C: "it's" }],
    ["with \\n in double quotes alone", "A=\"x\\ny\"\nB='x\\ny'", { A: "x\ny", B: "x\\ny" }],
    [
      "over several lines",
      'A="{\n  \\"x\\": 1\n}"\nB=2'.replaceAll('\\"', "'"),
      { A: "{\n  'x': 1\n}", B: "2" },
    ],
    [
      "with quotes, = and, in single quotes, $ inside",
      "A='{\"text\":\"${message}\"}'\nB=x=y==\nC='pa$word`~/“'",
      { A: '{"text":"${message}"}', B: "x=y==", C: "pa$word`~/“" },
    ],
    ["with a $ and a ~ that no reader expands", "A=x$\nB=a$.b\nC=a~/b", { A: "x$", B: "a$.b", C: "a~/b" }],
    ["empty", "A=\nB=''\nC= # later", { A: "", B: "", C: "" }],
  ])("%s", (_name, text, values) => {
    expect(read(text)).toEqual({ values, faults: [] });
  });
});

test("the lines of .env.example can be taken as they are", () => {
  const example = readFileSync(new URL("../../../.env.example", import.meta.url), "utf8");
  expect(read(example.replaceAll(/^#(?=[A-Z][A-Z0-9_]*=)/gm, "")).faults).toEqual([]);
});

describe("a line of a .env is a fault with its number", () => {
  test.each<[string, string | Uint8Array, string]>([
    ["a word alone", "A=1\nhush", "line 2 sets no variable"],
    ["a colon", "A : hush", "line 1 sets no variable"],
    ["a blank for the =", "A hush", "line 1 sets no variable"],
    ["export without a value", "export A", "line 1 sets no variable"],
    ["another shell's words", "set A=hush", "line 1 sets no variable"],
    ["a name that is none", "1A=hush", "line 1 sets no variable"],
    ["a dotted name", "a.b=hush", "line 1 sets no variable"],
    ["no name", "=hush", "line 1 sets no variable"],
    ["a comment of another language", "// hush", "line 1 sets no variable"],
    ["a quote that is not closed", "A=1\nB='hush", "line 2: B opens a quote that is not closed"],
    ["a quote that would swallow a variable", 'A="hush\nB="x"', "line 1: A opens a quote that is not closed"],
    ["text after the quote", "A='hush' y", "line 1: A has text after its closing quote"],
    ["a # inside", "A=hush#hush", "line 1: A holds a #"],
    ["a # first", "A=#hush", "line 1: A holds a #"],
    ["a NUL", "A=hush\0", "line 1: A holds an invisible character"],
    ["a zero-width space", "A=hush\u200bx", "line 1: A holds an invisible character"],
    ["a second value", "A=hush\nB=1\nA=hush2", "line 3: A is set on line 1 already"],
    ["a variable's name", "A=1\nB=file:$HOME/hush", "line 2: B holds a $NAME"],
    ["one in braces", "A=${HOME}/hush", "line 1: A holds a $NAME"],
    ["one in double quotes", 'A="file:${HOME}/hush"', "line 1: A holds a $NAME"],
    ["an escaped one", 'A="hush\\$x"', "line 1: A holds a $NAME"],
    ["one in backticks", "A=`$HOME/hush`", "line 1: A holds a $NAME"],
    ["two $", "A=hush$$x", "line 1: A holds a $NAME"],
    ["a command", "A=$(pwd)/hush", "line 1: A holds a $NAME or a command"],
    ["a command in backticks", "A=file:`pwd`/hush", "line 1: A holds a $NAME or a command"],
    ["a home folder", "A=~/hush", "line 1: A begins with ~"],
    ["a home folder of a lake", "A=file:~/hush", "line 1: A begins with ~"],
    ["a quoted home folder of a lake", 'A="file:~/hush"', "line 1: A begins with ~"],
    ["another user's home folder", "A=~hush/x", "line 1: A begins with ~"],
    ["typographic quotes", "A=“hush”", "line 1: A has typographic quotes"],
    ["single typographic quotes", "A=‘hush’", "line 1: A has typographic quotes"],
    ["UTF-16 with its mark", Buffer.from("\ufeffA=hush\n", "utf16le"), "line 1 is not UTF-8"],
    ["UTF-16 without one", Buffer.from("A=hush", "utf16le"), "line 1 sets no variable"],
    ["Latin-1", Buffer.from("A=1\nB=hush\xe9", "latin1"), "line 2 is not UTF-8"],
  ])("%s", (_name, text, part) => {
    const { faults } = read(text);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(part);
    expect(faults[0]).not.toContain("hush");
  });

  test("and all of them are listed", () => {
    expect(read("A=1\nx\nB=2\ny").faults.map((fault) => fault.slice(0, 6))).toEqual(["line 2", "line 4"]);
  });
});
