/** Every command shows times as local time with its offset, and with `--utc` in UTC: in tables, sentences and refusals alike. */
import { expect, test } from "vitest";
import { eventually, useServiceWorld, type ServiceWorld } from "../support/service-process.ts";

const DAY = "2026-11-02";
const OFFSET = /\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d{3})? ?([+-]\d\d:\d\d)/g;
/** An instant with `Z`, but for a run's id and what is given to `--date`. */
const RAW = /(?<!__|--date )\b\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:\.\d+)?Z/g;

async function openTimesWorld(): Promise<ServiceWorld> {
  const world = useServiceWorld();
  Object.assign(world.environment, { DAGMAR_TIMEZONE: "America/Sao_Paulo" });
  const cron = `schedule: "0 6,18 * * *"\ntimezone: America/Sao_Paulo\n`;
  const fail = `type: shell\n    retries: 3\n    retry_delay: 1h\n    with: { script: exit 1 }`;
  world.writeDag("twice", `${cron}tasks: { work: { type: noop } }\n`);
  world.writeDag("away", `${cron}tasks:\n  work:\n    ${fail}\n`);
  await world.prepare(["backfill", "twice", "--from", DAY, "--to", DAY]);
  return world;
}

const COMMANDS: readonly (readonly string[])[] = [
  ["runs", "list"],
  ["runs", "list", "away"],
  ["runs", "show", "away"],
  ["runs", "show", `twice@${DAY}`],
  ["runs", "show", "twice@2020-01-01T06:00"],
  ["run", "twice", "--date", DAY],
  ["run", "twice", "--date", "2099-01-01"],
  ["dags", "next", "twice"],
  ["dags", "show", "twice"],
  ["dags", "list"],
  ["backfill", "twice", "--from", DAY, "--to", DAY, "--dry-run"],
  ["backfill", "twice", "--from", `${DAY}T07:00`, "--to", `${DAY}T08:00`],
  ["tasks", "clear", "twice", "--date", "2020-01-01"],
  ["tasks", "clear", "twice", "--date", DAY],
  ["tasks", "logs", "away"],
  ["lake", "ls"],
  ["lake", "missing"],
  ["lake", "verify"],
  ["db", "prune", "--older-than", "90d", "--dry-run"],
  ["db", "check"],
  ["doctor"],
];

test(
  "no command shows a time without its offset, or in another zone than it was asked for",
  { timeout: 120_000 },
  async () => {
    const world = await openTimesWorld();
    const scheduler = await world.startScheduler();
    await world.run(["trigger", "away", "--date", `${DAY}T06:00`]);
    await eventually(
      "it waits for its retry",
      () => world.readStates("v_tasks", "away")[0] === "up_for_retry",
      scheduler,
    );
    const offsets = new Map<string, Set<string>>([
      ["-03:00", new Set()],
      ["+00:00", new Set()],
    ]);
    for (const command of COMMANDS) {
      const local = world.run([...command]);
      const inUtc = world.run([...command, "--utc"]);
      for (const [flags, offset, result] of [
        [[], "-03:00", await local],
        [["--utc"], "+00:00", await inUtc],
      ] as const) {
        const { stdout, stderr } = result;
        const text = stdout + stderr;
        const name = [...command, ...flags].join(" ");
        expect(
          [...text.matchAll(RAW)].map(([found]) => found),
          name,
        ).toEqual([]);
        const found = new Set([...text.matchAll(OFFSET)].map((match) => match[1]));
        expect([...found], `${name}\n${text}`).toEqual(found.size === 0 ? [] : [offset]);
        if (found.size > 0) offsets.get(offset)?.add(command.join(" "));
      }
    }
    // The same commands show times either way, and most of them do.
    expect(offsets.get("+00:00")).toEqual(offsets.get("-03:00"));
    expect(offsets.get("+00:00")?.size).toBeGreaterThan(10);
  },
);

test("a day with two slots is refused with instants that --date takes", async () => {
  const world = await openTimesWorld();
  const { exitCode, stderr } = await world.run(["run", "twice", "--date", DAY]);
  expect(exitCode).toBe(2);
  const [, instants = ""] = /: (\S+), \S+\.$/m.exec(stderr) ?? [];
  expect(instants).toBe(`${DAY}T06:00:00-03:00`);
  expect((await world.run(["run", "twice", "--date", instants])).stdout).toContain("already");
});
