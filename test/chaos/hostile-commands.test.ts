/** Command lines that are not commands: each is answered with a sentence, and nothing else happens. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { BAIT, judgeEnd, useHostileWorld } from "./hostile/hostile-world.ts";

const ESCAPES = "\u001b]0;owned\u0007\u001b[2J\u009b31m\u202eback\r\nforged: line";
const LONG = "x".repeat(100_000);

const DAG = `dag: plain
description: "shows \\e]0;owned\\a\\e[2J\\x9b31m\\u202e in a terminal"
schedule: manual
params: { text: "\\e[2Jpreset", limit: 1, list: [] }
tasks:
  only: { type: noop }
`;

/** The arguments, and the exit code that they must lead to. */
const LINES: readonly (readonly [number, readonly string[]])[] = [
  [2, [ESCAPES]],
  [2, [`--${ESCAPES}`]],
  [2, ["__proto__"]],
  [2, ["dags", "constructor"]],
  [2, ["run"]],
  [2, ["run", ESCAPES]],
  [2, ["run", LONG]],
  [2, ["run", "__proto__"]],
  [2, ["run", "constructor"]],
  [2, ["run", `../../${BAIT}`]],
  [2, ["run", `/etc/${BAIT}`]],
  [2, ["run", `file:///etc/${BAIT}`]],
  [2, ["run", "plain", "plain"]],
  [2, ["run", "plain", "--date", ESCAPES]],
  [2, ["run", "plain", "--date", LONG]],
  [2, ["run", "plain", "--date", "99999-01-01"]],
  [2, ["run", "plain", "--date", "2026-02-30"]],
  [2, ["run", "plain", "--date", "2026-11-23T25:61"]],
  [2, ["run", "plain", "--date", "NaN"]],
  [2, ["run", "plain", "--task", ESCAPES]],
  [2, ["run", "plain", "--task", "__proto__"]],
  [2, ["run", "plain", "--param", ESCAPES]],
  [2, ["run", "plain", "--param", "__proto__=1"]],
  [2, ["run", "plain", "--param", "constructor.prototype.x=1"]],
  [2, ["run", "plain", "--param", "="]],
  [2, ["run", "plain", "--param", "limit=1e999x"]],
  [2, ["run", "plain", "--param", `limit=${"[".repeat(60_000)}`]],
  [2, ["run", "plain", "--param", 'limit={"__proto__":{"a":1}}']],
  [0, ["run", "plain", "--date", "2026-11-20", "--param", `text=${ESCAPES}`]],
  [0, ["runs", "show", "plain"]],
  [0, ["runs", "show", "plain", "--json"]],
  [0, ["runs", "list"]],
  [2, ["runs", "show", ESCAPES]],
  [2, ["runs", "cancel", `manual__${ESCAPES}`]],
  [0, ["dags", "show", "plain"]],
  [0, ["dags", "show", "plain", "--json"]],
  [0, ["dags", "list"]],
  [0, ["dags", "list", "--json"]],
  [2, ["dags", "show", ESCAPES]],
  [2, ["dags", "next", "plain", "--count", "999999999999999999999"]],
  [2, ["dags", "next", "plain", "--count", "-1"]],
  [2, ["dags", "next", "plain", "--count", "1e3"]],
  [78, ["dags", "validate", ESCAPES]],
  [78, ["dags", "validate", "/etc/passwd"]],
  [78, ["dags", "validate", "/dev/zero"]],
  [78, ["dags", "validate", "."]],
  [2, ["backfill", "plain", "--from", ESCAPES, "--to", "2026-11-23"]],
  [2, ["backfill", "plain", "--from", "0001-01-01", "--to", "9999-12-31"]],
  [2, ["backfill", "plain", "--from", "2026-11-24", "--to", "2026-11-23"]],
  [2, ["trigger", ESCAPES]],
  [2, ["tasks", "logs", ESCAPES, ESCAPES]],
  [2, ["tasks", "logs", "plain", "../../../../etc/passwd"]],
  [2, ["tasks", "mark", "plain", "only", ESCAPES]],
  [2, ["tasks", "clear", "plain", "--date", ESCAPES]],
  [2, ["db", "prune", "--older-than", "99999999999999999999999d"]],
  [2, ["db", "prune", "--older-than", ESCAPES]],
  [2, ["lake", "missing", "--limit", "0x10"]],
  [2, ["lake", "ls", "--limit", ESCAPES]],
];

test("each line ends with the right code and a readable message, and leaves nothing behind", async () => {
  const world = useHostileWorld({ DAGMAR_TIMEZONE: "UTC" });
  writeFileSync(join(world.dagsFolder, "plain.yaml"), DAG);
  await world.prepare(["db", "migrate"]);
  const wrong: string[] = [];
  for (const [expected, args] of LINES) {
    const result = await world.run(args);
    const faults = [
      ...(result.exitCode === expected
        ? []
        : [`exit code ${result.exitCode}, not ${expected}: ${result.stdout}${result.stderr}`.slice(0, 500)]),
      ...judgeEnd(result),
    ];
    for (const fault of faults) wrong.push(`${JSON.stringify(args).slice(0, 200)}: ${fault}`);
  }
  expect(wrong).toEqual([]);
  expect(world.judge(await world.run(["dags", "validate"]))).toEqual([]);
}, 180_000);

/** Every setting with an invalid value, or one that leads elsewhere. */
const SETTINGS: readonly Readonly<Record<string, string>>[] = [
  { DAGMAR_LAKE: `s3://${ESCAPES}` },
  { DAGMAR_LAKE: "s3://user:secret@bucket/../x" },
  { DAGMAR_LAKE: `http://${BAIT}/` },
  { DAGMAR_LAKE: "file://elsewhere/lake" },
  { DAGMAR_DB: "/dev/null" },
  { DAGMAR_DB: "/etc/passwd" },
  { DAGMAR_DB: "/proc/self/mem" },
  { DAGMAR_DAGS: `/${BAIT}/${ESCAPES}` },
  { DAGMAR_TIMEZONE: ESCAPES },
  { DAGMAR_TIMEZONE: "../../../etc/passwd" },
  { DAGMAR_LOG_LEVEL: "__proto__" },
  { DAGMAR_LOG_FORMAT: "constructor" },
  { DAGMAR_POOLS: `default=1,__proto__=9,${ESCAPES}=1` },
  { DAGMAR_MAX_ACTIVE_TASKS: "1e309" },
  { TMDB_RATE_PER_SECOND: ESCAPES },
  { TMDB_BASE_URL: "file:///etc/passwd" },
  { TMDB_BASE_URL: `https://user:${ESCAPES}@example.org/` },
  { TMDB_API_TOKEN_FILE: "/dev/zero", TMDB_API_TOKEN: "" },
  { TMDB_API_TOKEN_FILE: "/proc/self/environ", TMDB_API_TOKEN: "" },
  { TMDB_API_TOKEN_FILE: "/dev/null", TMDB_API_TOKEN: "" },
  { TMDB_API_TOKEN_FILE: "/etc", TMDB_API_TOKEN: "" },
];

test("an invalid setting is reported with its name, and nothing begins", async () => {
  const world = useHostileWorld();
  writeFileSync(join(world.dagsFolder, "plain.yaml"), DAG);
  const wrong: string[] = [];
  for (const more of SETTINGS) {
    const result = await world.run(["run", "plain", "--date", "2026-11-20"], more);
    const [name = ""] = Object.keys(more);
    const told = result.stdout + result.stderr;
    if (result.exitCode !== 78) wrong.push(`${JSON.stringify(more)}: exit code ${result.exitCode}`);
    // What a secret's file holds is judged by the secret's own name.
    const names = [name, name.replace(/_FILE$/, "")];
    if (!names.some((one) => told.includes(one))) {
      wrong.push(`${JSON.stringify(more)}: it does not say which setting: ${told}`);
    }
    for (const fault of judgeEnd(result)) wrong.push(`${JSON.stringify(more)}: ${fault}`);
  }
  expect(wrong).toEqual([]);
  expect(world.judge(await world.run(["dags", "validate"]))).toEqual([]);
}, 120_000);
