/** The completion scripts, each executed by its own shell where it is installed; what they are answered, without one. */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync, chmodSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { complete } from "../../cli/completion/complete.ts";
import { useServiceWorld, type ServiceWorld } from "../support/service-process.ts";

/** A process for each press of a key, on a machine that does other work. */
vi.setConfig({ testTimeout: 120_000 });

const isThere = (shell: string): boolean => spawnSync(shell, ["-c", "true"]).status === 0;

async function useCompletedWorld(): Promise<ServiceWorld> {
  const world = useServiceWorld();
  world.writeDag("movies", "schedule: manual\ntasks: { first: { type: noop }, second: { type: noop } }\n");
  world.writeDag("series", "schedule: manual\ntasks: { only: { type: noop } }\n");
  await world.prepare(["run", "movies", "--date", "2026-11-23T09:00:00Z"]);
  const bin = join(world.folder, "bin");
  mkdirSync(bin);
  writeFileSync(join(bin, "dagmar"), `#!/bin/sh\nexec "${process.execPath}" "${world.cliPath}" "$@"\n`);
  chmodSync(join(bin, "dagmar"), 0o755);
  world.environment["PATH"] = `${bin}:${process.env["PATH"] ?? ""}`;
  return world;
}

const RUN = "movies/manual__2026-11-23T09:00:00.000Z";
const CASES: readonly (readonly [string, readonly string[]])[] = [
  ["dagmar ba", ["backfill"]],
  ["dagmar runs ", ["list", "show", "cancel"]],
  ["dagmar run ", ["movies", "series"]],
  ["dagmar run m", ["movies"]],
  ["dagmar run movies --ta", ["--task"]],
  ["dagmar runs show m", ["movies", RUN]],
  ["dagmar run movies --task ", ["first", "second"]],
  ["dagmar tasks logs movies ", ["first", "second"]],
  [`dagmar tasks logs ${RUN} s`, ["second"]],
  ["dagmar runs list --state fa", ["failed"]],
  ["dagmar tasks mark movies first sk", ["skipped"]],
  ["dagmar tokens revoke ", ["2", "1"]],
  ["dagmar tokens create --role op", ["operator"]],
  ["dagmar completion z", ["zsh"]],
  ["dagmar nothing ", []],
];

describe("what may follow", () => {
  test.each(CASES)("%j", (line, wanted) => {
    const found = complete(line.split(" ").slice(1), {
      listDagIds: () => ["movies", "series"],
      listRunNames: () => [RUN],
      listTokenIds: () => ["2", "1"],
      listTaskIds: (name) => (["movies", RUN].includes(name) ? ["first", "second"] : []),
    });
    expect(found.map(({ value }) => value)).toEqual(wanted);
  });

  test("says nothing where there is no database, no Dag folder, or nonsense in both", async () => {
    const world = useServiceWorld();
    writeFileSync(world.databaseFile, "no database");
    for (const words of [["runs", "show", ""], ["tasks", "logs", "x", ""], ["run", ""], []]) {
      const { exitCode, stderr } = await world.run(["__complete", ...words], {
        DAGMAR_DAGS: "/not/there",
        DAGMAR_POOLS: "x",
      });
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    }
  });
});

describe("bash", () => {
  test("completes commands, Dags, runs with colons in them, and tasks", async () => {
    const world = await useCompletedWorld();
    const script = `
eval "$(dagmar completion bash)"
ask() { COMP_LINE="$1"; COMP_POINT=\${#1}; COMPREPLY=(); _dagmar; echo "$1=>\${COMPREPLY[*]}"; }
ask "dagmar runs sh"
ask "dagmar run "
ask "dagmar runs show movies/"
ask "dagmar runs show ${RUN.slice(0, -8)}"
ask "dagmar tasks logs movies "
ask "dagmar nothing "
`;
    const { stdout, stderr } = spawnSync("bash", ["--norc", "-c", script], {
      cwd: world.folder,
      env: world.environment,
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    expect(stdout.trim().split("\n")).toEqual([
      "dagmar runs sh=>show",
      "dagmar run =>movies series",
      `dagmar runs show movies/=>${RUN}`,
      `dagmar runs show ${RUN.slice(0, -8)}=>00:00.000Z`,
      "dagmar tasks logs movies =>first second",
      "dagmar nothing =>",
    ]);
  });
});

test.skipIf(!isThere("zsh"))("zsh takes the script, and its function collects the answers", async () => {
  const world = await useCompletedWorld();
  const script = `
compdef() { :; }; _files() { print files; }; _describe() { print -rl -- "\${(@P)2}"; }
eval "$(dagmar completion zsh)"
words=(dagmar run ""); CURRENT=3; _dagmar
words=(dagmar runs show movies/); CURRENT=4; _dagmar
`;
  const { stdout, stderr } = spawnSync("zsh", ["-f", "-c", script], {
    cwd: world.folder,
    env: world.environment,
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  expect(stdout.trim().split("\n")).toEqual([
    "movies:Dag",
    "series:Dag",
    `${RUN.replaceAll(":", "\\:")}:run`,
  ]);
});

test.skipIf(!isThere("fish"))("fish completes by the script", async () => {
  const world = await useCompletedWorld();
  const script = `dagmar completion fish | source
complete --do-complete "dagmar run "
complete --do-complete "dagmar tasks logs movies "`;
  const { stdout } = spawnSync("fish", ["--no-config", "-c", script], {
    cwd: world.folder,
    env: world.environment,
    encoding: "utf8",
  });
  expect(
    stdout
      .trim()
      .split("\n")
      .map((line) => line.split("\t")[0]),
  ).toEqual(["movies", "series", "first", "second"]);
});

test("another shell is refused with those there are", async () => {
  const { exitCode, stderr } = await useServiceWorld().run(["completion", "tcsh"]);
  expect(exitCode).toBe(2);
  expect(stderr).toContain("bash");
});
