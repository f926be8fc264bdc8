/** The suite would notice: each of eight broken variants of the program is caught, and the unchanged one passes the same trials. */
import { rmSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildMutant, MUTANTS, type Mutant } from "./mutants.ts";
import { openSweepWorld } from "./sweep-world.ts";
import { tell, tryCrashes, type Trial } from "./sweep.ts";

const folders: string[] = [];
let unchanged: string;
beforeAll(() => {
  unchanged = build([]);
});
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function build(replacements: Mutant["replacements"]): string {
  const { folder, cliPath } = buildMutant(replacements);
  folders.push(folder);
  return cliPath;
}

async function tryOne({ lake, scene, crashAt }: Mutant, cliPath: string): Promise<Trial> {
  const world = await openSweepWorld({ lake, cliPath });
  try {
    return await tryCrashes(world, scene, [crashAt]);
  } finally {
    await world.close();
  }
}

test.each(MUTANTS)("$name: it is caught", { timeout: 120_000 }, async (mutant) => {
  const { faults } = await tryOne(mutant, build(mutant.replacements));
  tell(`${mutant.name}: ${faults[0]?.split("\n")[0] ?? "SURVIVED"}`);
  expect(faults).not.toEqual([]);
});

test("the unchanged program passes each of these trials", { timeout: 480_000 }, async () => {
  for (const mutant of MUTANTS)
    expect(await tryOne(mutant, unchanged), mutant.name).toEqual({ kills: 1, faults: [] });
});

test("a replacement that does not find its text any more fails, and says so", () => {
  const stale = [{ file: "scheduler/attempts/recover.ts", from: "no such text", to: "" }];
  expect(() => build(stale)).toThrow("scheduler/attempts/recover.ts holds 0 times: no such text");
});
