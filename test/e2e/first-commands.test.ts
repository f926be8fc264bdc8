/** The first commands on no database, all at once: one makes it, the others wait, and no one meets half of it. */
import { expect, test } from "vitest";
import { useServiceWorld } from "../support/service-process.ts";

const ROUNDS = 3;
const COMMANDS = [
  ["db", "migrate"],
  ["run", "one"],
  ["db", "migrate"],
  ["trigger", "one", "--date", "2026-11-01"],
  ["backfill", "one", "--from", "2026-11-02", "--to", "2026-11-02"],
  ["runs", "list"],
] as const;

test("first commands at once end with 0, or with 75 and the name of the one at work", async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const world = useServiceWorld();
    world.writeDag("one", `schedule: "0 6 * * *"\ntasks: { nothing: { type: noop } }\n`);
    const results = await Promise.all(COMMANDS.map((command) => world.run(command)));
    const ends = results.map(({ exitCode, stderr }, index) => {
      const command = COMMANDS[index]?.join(" ");
      const isHeld = /Another process is using this database/.test(stderr);
      const isOdd = /already exists|is locked|Restore a backup|bug in Dagmar|^ +at /m.test(stderr);
      if (isOdd) return `${command}: ${stderr}`;
      // A reading command may come before there is anything to read.
      return command === "runs list" || exitCode === 0 || (exitCode === 75 && isHeld) ? "well" : stderr;
    });
    expect(ends).toEqual(COMMANDS.map(() => "well"));
    expect(
      results.filter((_, index) => COMMANDS[index]?.[0] === "db").map(({ exitCode }) => exitCode),
    ).toEqual([0, 0]);
    const again = await world.run(["run", "one", "--date", "2026-11-01"]);
    expect(again.exitCode, again.stderr).toBe(0);
  }
}, 120_000);
