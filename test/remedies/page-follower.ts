/** Executes the commands of a page as they stand there, in a shell whose `dagmar` is the world's, and keeps which they were. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { startChild, type CliProcess, type CliWorld } from "../support/cli.ts";

/** Texts of the page and what stands for them in this world, such as `DAG` and the name of a Dag. */
type Values = Readonly<Record<string, string>>;

export interface PageFollower {
  readonly executed: ReadonlySet<string>;
  /** Gives both outputs; expects the exit code. */
  follow(command: string, values?: Values, exitCode?: number): Promise<string>;
  /** For a command that ends by a signal. */
  start(command: string, values?: Values): CliProcess;
}

export function openPageFollower(world: CliWorld): PageFollower {
  const programs = join(world.folder, "programs");
  mkdirSync(programs);
  writeFileSync(join(programs, "dagmar"), `#!/bin/sh\nexec "${process.execPath}" "${world.cliPath}" "$@"\n`, {
    mode: 0o755,
  });
  const executed = new Set<string>();

  function start(command: string, values: Values = {}): CliProcess {
    executed.add(command);
    const text = Object.entries(values).reduce((line, [from, to]) => {
      if (!line.includes(from)) throw new Error(`no ${from} in: ${command}`);
      return line.replaceAll(from, to);
    }, command);
    const { environment } = world;
    const PATH = `${programs}:${environment["PATH"] ?? ""}`;
    return startChild("/bin/sh", ["-c", `exec ${text}`], world.folder, { ...environment, PATH });
  }

  return {
    executed,
    start,
    async follow(command, values, exitCode = 0) {
      const result = await start(command, values).ended;
      const text = result.stdout + result.stderr;
      expect(result.exitCode, text).toBe(exitCode);
      return text;
    },
  };
}
