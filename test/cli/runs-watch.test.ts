/** Looking at runs: by state, in UTC, again and again while they run, and with more or fewer words. */
import { spawnSync } from "node:child_process";
import { describe, expect, test, vi } from "vitest";
import { startChild, type CliProcess } from "../support/cli.ts";
import { eventually, useServiceWorld, type ServiceWorld } from "../support/service-process.ts";

/** Several processes a test, on a machine that does other work. */
vi.setConfig({ testTimeout: 120_000 });

/** Two tasks that wait for files of their names. */
const GATED = `schedule: manual
timezone: America/Sao_Paulo
tasks:
  one: { type: shell, with: { script: "until [ -e one ]; do sleep 0.05; done" } }
  two: { type: shell, needs: [one], with: { script: "until [ -e two ]; do sleep 0.05; done; exit $(cat two)" } }
`;
const QUICK = `schedule: manual\ntasks: { work: { type: noop } }\n`;
const FAILING = `schedule: manual\ntasks: { work: { type: shell, with: { script: "exit 3" } } }\n`;

/** The blocks that a watch has printed into its pipe. */
const blocksOf = (watching: CliProcess): number => watching.output().match(/^gated\/manual__/gm)?.length ?? 0;

async function startGated(world: ServiceWorld): Promise<CliProcess> {
  world.writeDag("gated", GATED);
  const running = world.start(["run", "gated"], { DAGMAR_HTTP: "off" });
  await eventually("the first task runs", () => running.output().includes("one: started"), running);
  return running;
}

describe("runs show --watch in a pipe", () => {
  test.each([
    ["success", "0", 0],
    ["failed", "3", 1],
  ])(
    "prints a block at each change, ends with the run (%s), and has its exit code",
    async (state, code, exitCode) => {
      const world = useServiceWorld();
      const running = await startGated(world);
      const watching = world.start(["runs", "show", "gated", "--watch"]);
      await eventually("it prints", () => blocksOf(watching) === 1, watching);
      expect(watching.output()).toMatch(/^one +shell +running/m);
      world.writeFile("one");
      await eventually("it prints again", () => /^two +shell +running/m.test(watching.output()), watching);
      spawnSync("sh", ["-c", `echo ${code} > two`], { cwd: world.folder });
      const { exitCode: watched, stderr } = await watching.ended;
      expect({ watched, stderr }).toEqual({ watched: exitCode, stderr: "" });
      expect(
        watching
          .output()
          .trimEnd()
          .split(/\n\n(?=gated\/)/)
          .at(-1),
      ).toContain(`  ${state}\n`);
      await running.ended;
    },
  );

  test("stays with the run that it began with, and prints nothing while nothing changes", async () => {
    const world = useServiceWorld();
    world.writeDag("quick", QUICK);
    await world.prepare(["run", "quick"]);
    await world.prepare(["run", "quick"]);
    const { exitCode, stdout } = await world.run(["runs", "show", "quick", "--watch"]);
    expect(exitCode).toBe(0);
    expect(stdout.match(/^quick\/manual__/gm)).toHaveLength(1);
  });
});

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("%s ends runs list --watch at once, with %s and without a word", async (signal, exitCode) => {
  const world = useServiceWorld();
  world.writeDag("quick", QUICK);
  await world.prepare(["run", "quick"]);
  const watching = world.start(["runs", "list", "--watch"]);
  await eventually("it prints", () => /^quick /m.test(watching.output()), watching);
  world.writeDag("other", QUICK);
  await world.prepare(["run", "other"]);
  await eventually("it prints the new run", () => /^other /m.test(watching.output()), watching);
  watching.child.kill(signal);
  const ended = await watching.ended;
  expect({ exitCode: ended.exitCode, stderr: ended.stderr }).toEqual({ exitCode, stderr: "" });
});

const hasScript = spawnSync("script", ["--version"]).status === 0;
test.skipIf(!hasScript)(
  "in a terminal one page is redrawn in place, and the cursor is shown again",
  async () => {
    const world = useServiceWorld();
    world.writeDag("quick", QUICK);
    await world.prepare(["run", "quick"]);
    const command = `stty cols 60 rows 30; exec ${process.execPath} ${world.cliPath} runs show quick --watch`;
    const { exitCode, stdout } = await startChild("script", ["-qec", command, "/dev/null"], world.folder, {
      ...world.environment,
      TERM: "xterm",
    }).ended;
    expect(exitCode).toBe(0);
    expect(stdout).toContain("\u001b[?25l");
    expect(stdout.lastIndexOf("\u001b[?25h")).toBeGreaterThan(stdout.lastIndexOf("\u001b[?25l"));
    expect(stdout).toContain("quick/manual__");
  },
);

describe("runs list --state", () => {
  test("shows the runs in these states alone, and counts them alone", async () => {
    const world = useServiceWorld();
    world.writeDag("quick", QUICK);
    world.writeDag("failing", FAILING);
    await world.prepare(["run", "quick"]);
    await world.run(["run", "failing"]);
    const list = async (...words: readonly string[]) => {
      const { stdout } = await world.run(["runs", "list", "--json", ...words]);
      const { total, runs } = JSON.parse(stdout) as { total: number; runs: { dag_id: string }[] };
      return [total, ...runs.map((run) => run.dag_id).toSorted()];
    };
    expect(await list("--state", "failed")).toEqual([1, "failing"]);
    expect(await list("--state", "failed,queued", "--state", "success")).toEqual([2, "failing", "quick"]);
    expect((await world.run(["runs", "list", "quick", "--state", "failed,queued"])).stdout).toBe(
      "No run of quick is failed or queued.\n",
    );
  });

  test.each([
    ["faild", 'Did you mean "failed"?'],
    ["nothing_like_it", "Use queued, running, success, failed or cancelled."],
  ])("refuses %s and says what was meant", async (state, hint) => {
    const { exitCode, stderr } = await useServiceWorld().run(["runs", "list", "--state", state]);
    expect(exitCode).toBe(2);
    expect(stderr).toBe(`dagmar: --state cannot be "${state}".\n  ${hint}\n`);
  });
});

test("times are local with their offset, and with --utc in UTC, in every command alike", async () => {
  const world = useServiceWorld();
  world.writeDag("quick", QUICK.replace("manual\n", `"0 6 * * *"\ntimezone: America/Sao_Paulo\n`));
  await world.prepare(["run", "quick", "--date", "2026-11-23"]);
  const commands = [
    ["runs", "list"],
    ["runs", "show", "quick"],
    ["dags", "next", "quick", "--from", "2026-11-22"],
    ["backfill", "quick", "--from", "2026-11-22", "--to", "2026-11-23", "--dry-run"],
  ];
  for (const command of commands) {
    const local = (await world.run(command)).stdout;
    expect(local, command.join(" ")).toContain("2026-11-23 06:00:00 -03:00");
    expect(local, command.join(" ")).not.toContain("+00:00");
    const utc = (await world.run([...command, "--utc"])).stdout;
    expect(utc, command.join(" ")).toContain("2026-11-23 09:00:00 +00:00");
    expect(utc, command.join(" ")).not.toContain("-03:00");
  }
});

describe("more or fewer words", () => {
  test("-q drops progress, and neither results nor errors", async () => {
    const world = useServiceWorld();
    world.writeDag("quick", QUICK);
    world.writeDag("failing", FAILING);
    const loud = await world.run(["run", "quick"]);
    const quiet = await world.run(["run", "quick", "-q"]);
    expect(loud.stdout).toContain("work: started");
    expect(quiet.stdout).not.toContain("work: started");
    expect(quiet.stdout).toMatch(/^work +success/m);
    expect((await world.run(["run", "failing", "--quiet"])).stdout).toContain("exit code 3");
    const refused = await world.run(["run", "nothing", "-q"]);
    expect(refused.stderr).toContain("There is no Dag nothing");
  });

  test("-v logs in detail, whatever DAGMAR_LOG_LEVEL says, and does not go with -q", async () => {
    const world = useServiceWorld();
    world.writeDag("quick", QUICK);
    const bad = { DAGMAR_LOG_LEVEL: "nonsense" };
    expect((await world.run(["run", "quick"], bad)).exitCode).toBe(78);
    expect((await world.run(["run", "quick", "--verbose"], bad)).exitCode).toBe(0);
    const both = await world.run(["run", "quick", "-v", "-q"]);
    expect(both.exitCode).toBe(2);
    expect(both.stderr).toContain("--quiet and --verbose do not go together");
  });
});

test("--version names dagmar's, Node's and SQLite's", async () => {
  const { stdout } = await useServiceWorld().run(["--version"]);
  expect(stdout).toMatch(/^dagmar \d+\.\d+\.\d+, Node \d+\.\d+\.\d+, SQLite 3\.\d+\.\d+\n$/);
  expect(stdout).toContain(`Node ${process.versions.node}`);
});
