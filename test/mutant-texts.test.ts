/** The chaos lane breaks the program by exact replacements: a text that was edited would leave its mutant unmade. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { MUTANTS } from "./chaos/mutants.ts";

test.each(
  MUTANTS.flatMap(({ name, replacements }) => replacements.map((replacement) => ({ name, ...replacement }))),
)("$name: its text stands in $file exactly once", ({ file, from }) => {
  expect(readFileSync(file, "utf8").split(from)).toHaveLength(2);
});
