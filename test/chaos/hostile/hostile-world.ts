/**
 * A world in which everything outside of lake, database, input and logs is watched, and whose secrets are canaries: what a
 * hostile file, answer or command line may not do is judged here, for all of them in the same way.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { onTestFinished } from "vitest";
import { openCliWorld, type CliResult, type CliWorld } from "../../support/cli.ts";

/** Part of every name that a hostile text tries to create; no file with it may appear. */
export const BAIT = `dagmar-bait-${process.pid}`;
export const CANARY = "canary-5d1f0c7e9b";

/** Terminal control characters: C0 except the line feed, DEL, C1, and marks that change the reading direction. */
// oxlint-disable-next-line no-control-regex -- the pattern looks for control characters
const STEERING = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;
const MOST_OUTPUT = 200_000;

export interface HostileWorld extends CliWorld {
  /** Every fault as text: in how a command ended, and in what it left behind. */
  judge(result: CliResult): readonly string[];
}

export function useHostileWorld(variables: Readonly<Record<string, string>> = {}): HostileWorld {
  const world = openCliWorld({ TMDB_API_TOKEN: CANARY, ...variables });
  onTestFinished(() => world.remove());
  // The Dags of a test are its own.
  for (const name of readdirSync(world.dagsFolder)) rmSync(join(world.dagsFolder, name));
  const before = takeSnapshot(world);
  return {
    ...world,
    judge: (result) => [...judgeEnd(result), ...judgeTraces(world, before)],
  };
}

/** Ended by itself, with a known exit code, in text without control characters. */
export function judgeEnd({ exitCode, signal, stdout, stderr }: CliResult): readonly string[] {
  const faults: string[] = [];
  const shown = stdout + stderr;
  if (signal !== null) faults.push(`ended by ${signal}`);
  if (exitCode === null || ![0, 1, 2, 75, 78].includes(exitCode)) faults.push(`exit code ${exitCode}`);
  if (shown.includes("bug in Dagmar")) faults.push("it took it for a fault of its own");
  if (/^ {4}at .+:\d+:\d+\)?$/m.test(shown)) faults.push("a stack");
  if (exitCode !== 0 && shown.trim() === "") faults.push("not a word");
  if (shown.length > MOST_OUTPUT) faults.push(`${shown.length} characters of output`);
  if (shown.includes(CANARY)) faults.push("it shows the token");
  const steering = STEERING.exec(shown);
  if (steering !== null) {
    faults.push(
      `it prints a control character: ${JSON.stringify(shown.slice(steering.index, steering.index + 60))}`,
    );
  }
  return faults.map((fault) => `${fault}\n${shown.slice(0, 2_000)}`);
}

type Snapshot = ReadonlyMap<string, string>;

function takeSnapshot(world: CliWorld): Snapshot {
  return new Map(
    readdirSync(world.folder, { recursive: true, withFileTypes: true }).flatMap((entry) => {
      const path = join(entry.parentPath, entry.name);
      const name = relative(world.folder, path);
      // The program is next to it and must not be written to; packages are linked, not walked.
      if (mayChange(world, path)) return [];
      const content = entry.isFile()
        ? createHash("sha256").update(readFileSync(path)).digest("hex")
        : entry.isSymbolicLink()
          ? readlinkSync(path)
          : "folder";
      return [[name, content] as const];
    }),
  );
}

/** Lake, database, and a test's files in the input folder and the Dag folder. */
function mayChange(world: CliWorld, path: string): boolean {
  const places = [world.lakeFolder, world.inputFolder, world.dagsFolder, join(world.folder, "data")];
  if (places.some((place) => path === place || path.startsWith(`${place}/`))) return true;
  return path.startsWith(world.databaseFile);
}

function judgeTraces(world: CliWorld, before: Snapshot): readonly string[] {
  const faults: string[] = [];
  const after = takeSnapshot(world);
  for (const [name, content] of after) {
    if (before.get(name) === undefined) faults.push(`written outside: ${name}`);
    else if (before.get(name) !== content) faults.push(`changed outside: ${name}`);
  }
  for (const name of before.keys()) if (!after.has(name)) faults.push(`gone: ${name}`);
  for (const folder of [dirname(world.folder), "/", "/etc"]) {
    for (const name of readdirSync(folder)) {
      if (name.includes(BAIT)) faults.push(`written outside: ${join(folder, name)}`);
    }
  }
  for (const path of listKept(world)) {
    if (readFileSync(path).includes(CANARY))
      faults.push(`the token stands in ${relative(world.folder, path)}`);
  }
  return faults;
}

/** What stays: lake, database and logs. */
function listKept(world: CliWorld): readonly string[] {
  return readdirSync(world.folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => mayChange(world, path) && !path.startsWith(world.inputFolder));
}
