/** `dagmar db backup`: the permissions of the copy, and what is left when it cannot be made. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openCliWorld, type CliWorld } from "../support/cli.ts";

let world: CliWorld;

beforeAll(async () => {
  world = openCliWorld();
  await world.prepare(["db", "migrate"]);
});
afterAll(() => {
  world.remove();
});

function makeFolder(name: string): string {
  const folder = join(world.folder, name);
  mkdirSync(folder);
  return folder;
}

test.each([0o600, 0o640])("the copy has the database's permissions: mode %o", async (mode) => {
  const folder = makeFolder(`mode-${mode}`);
  chmodSync(world.databaseFile, mode);
  await world.prepare(["db", "backup", join(folder, "copy.db")]);
  expect(statSync(join(folder, "copy.db")).mode & 0o777).toBe(mode);
  expect(readdirSync(folder)).toEqual(["copy.db"]);
});

test("what stands there already is not touched, a link to nowhere included", async () => {
  const folder = makeFolder("taken");
  const [file, link] = [join(folder, "notes.txt"), join(folder, "link.db")];
  writeFileSync(file, "mine");
  symlinkSync(join(folder, "nowhere.db"), link);
  for (const target of [file, link]) {
    const { exitCode, stderr } = await world.run(["db", "backup", target]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`${target} exists already; a backup never replaces a file.`);
  }
  expect(readFileSync(file, "utf8")).toBe("mine");
  expect(readdirSync(folder).toSorted()).toEqual(["link.db", "notes.txt"]);
});

test("a folder that is not there is named", async () => {
  const { exitCode, stderr } = await world.run(["db", "backup", join(world.folder, "none", "copy.db")]);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(`The folder ${join(world.folder, "none")} does not exist; create it first.`);
  expect(existsSync(join(world.folder, "none"))).toBe(false);
});

test("a folder that cannot be written is reported in one line, and nothing is left in it", async () => {
  const { exitCode, stderr } = await world.run(["db", "backup", "/proc/copy.db"]);
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(
    /^dagmar: \/proc\/copy\.db could not be written: .+\n {2}No partial file was left\./,
  );
});

test("a damaged database leaves no half copy", async () => {
  const folder = makeFolder("damaged");
  const damaged = join(world.folder, "damaged.db");
  await world.prepare(["db", "migrate"], { DAGMAR_DB: damaged });
  const bytes = readFileSync(damaged);
  // The first page stays, so that it opens.
  bytes.fill(0x5a, 4096 * 8);
  writeFileSync(damaged, bytes);
  const { exitCode, stderr } = await world.run(["db", "backup", join(folder, "copy.db")], {
    DAGMAR_DB: damaged,
  });
  expect(exitCode).toBe(78);
  expect(stderr).toContain("damaged.db cannot be used");
  expect(readdirSync(folder)).toEqual([]);
});
