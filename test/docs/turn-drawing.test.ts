/** The drawing of a turn in docs/architecture.md, compared with the lists of steps that the loop runs. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { AFTER_COMMIT, TURN_STEPS } from "../../scheduler/turn/turn-steps.ts";

const ENGINE_BEFORE = "what ended";
const ENGINE_AFTER = ["plan, apply", "(committed)", "attempts"];

test("the architecture page draws the steps of a turn by their names and in their order", () => {
  const page = readFileSync(new URL("../../docs/architecture.md", import.meta.url), "utf8");
  const drawing = /## How the scheduler turns[^]*?```text\n([^]*?)```/.exec(page)?.[1] ?? "";
  const drawn = drawing
    .split("\n")
    .map((line) => line.trim().split(/ {2,}/)[0] ?? "")
    .filter((name) => name !== "" && name !== "│");
  const names = (steps: readonly { readonly name: string }[]): string[] => steps.map(({ name }) => name);
  expect(drawn).toEqual([ENGINE_BEFORE, ...names(TURN_STEPS), ...ENGINE_AFTER, ...names(AFTER_COMMIT)]);
});
