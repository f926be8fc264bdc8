/** How the environment and `.env` are read and merged, and which variables are passed on to the AWS SDK. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { applyAwsVariables, readEnvironment } from "../../../config/settings/environment.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "dagmar-env-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const writeDotEnv = (text: string): void => writeFileSync(path.join(folder, ".env"), text);

test("a .env that is a link to nothing is a fault, and not an empty file", () => {
  expect(readEnvironment(folder).faults).toEqual([]);
  const file = path.join(folder, ".env");
  symlinkSync(path.join(folder, "gone"), file);
  expect(readEnvironment(folder).faults).toEqual([`${file} is a link to a file that does not exist`]);
});

test("without a .env the environment is all there is", () => {
  vi.stubEnv("DAGMAR_LAKE", "file:./x");
  const environment = readEnvironment(folder);
  expect(environment.variables["DAGMAR_LAKE"]).toBe("file:./x");
  expect(environment.fromDotEnv.size).toBe(0);
  expect(environment.faults).toEqual([]);
});

test(".env fills in what the environment does not set, and empty means not set on both sides", () => {
  vi.stubEnv("DAGMAR_LAKE", "file:./real");
  vi.stubEnv("DAGMAR_DB", "");
  writeDotEnv('# ours\nDAGMAR_LAKE=file:./dot\nDAGMAR_DB="./my db.sqlite"\nDAGMAR_DAGS=\n');
  const environment = readEnvironment(folder);
  expect(environment.variables["DAGMAR_LAKE"]).toBe("file:./real");
  expect(environment.variables["DAGMAR_DB"]).toBe("./my db.sqlite");
  expect(environment.variables["DAGMAR_DAGS"]).toBeUndefined();
  expect([...environment.fromDotEnv]).toEqual(["DAGMAR_DB"]);
});

test("a secret in the environment puts the file variant in .env out of force, and the other way round", () => {
  vi.stubEnv("TMDB_API_TOKEN", "real");
  vi.stubEnv("TMDB_API_KEY_FILE", "/run/secrets/key");
  writeDotEnv("TMDB_API_TOKEN_FILE=./token\nTMDB_API_KEY=dot\n");
  const { variables } = readEnvironment(folder);
  expect(variables["TMDB_API_TOKEN_FILE"]).toBeUndefined();
  expect(variables["TMDB_API_KEY"]).toBeUndefined();
});

test("a .env that cannot be read is a fault", () => {
  mkdirSync(path.join(folder, ".env"));
  expect(readEnvironment(folder).faults).toEqual([
    `${path.join(folder, ".env")} cannot be read (EISDIR: it is a folder, not a file)`,
  ]);
});

test("AWS's variables reach the environment, and replace nothing in it", () => {
  vi.stubEnv("AWS_REGION", "eu-west-1");
  vi.stubEnv("AWS_PROFILE", "");
  vi.stubEnv("OTHER_NAME", "kept");
  applyAwsVariables({ AWS_REGION: "sa-east-1", AWS_PROFILE: "me", OTHER_NAME: "x" });
  expect([process.env["AWS_REGION"], process.env["AWS_PROFILE"], process.env["OTHER_NAME"]]).toEqual([
    "eu-west-1",
    "me",
    "kept",
  ]);
});
