/** A conflict that was merged by hand leaves its marks, and the formatter makes a quotation of them that still looks like text. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const MARK = /^\s*\\?(?:<{7}|={7}|>{7}|(?:> ){6}>)(?:\s|$)/m;

test.each(["<<<<<<< HEAD", "  \\=======", "> > > > > > > 83030df (state: x)", ">>>>>>> main"])(
  "%s is a mark",
  (line) => {
    expect(`text\n${line}\ntext`).toMatch(MARK);
  },
);

test("no file holds one", () => {
  const files = execFileSync("git", ["ls-files", "*.md", "*.ts", "*.yaml", "*.json", ".env.example"], {
    encoding: "utf8",
  });
  const found = files
    .split("\n")
    .filter((file) => file !== "" && file !== "test/docs/conflict-markers.test.ts")
    .filter((file) => MARK.test(readFileSync(file, "utf8")));
  expect(files.length).toBeGreaterThan(1_000);
  expect(found).toEqual([]);
});
