/** A pipe without a writer where a file should be: no command hangs, and a sentence says what it is. Other kinds: test/config/settings. */
import { execFileSync } from "node:child_process";
import { rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openCliWorld, type CliWorld } from "../support/cli.ts";

const CSV_DAG = `dag: demo
schedule: manual
timezone: UTC
tasks:
  movies:
    type: file-to-lake
    with: { dataset: handed, file: movies.csv, key: "a/\${partition}/movies.csv" }
`;

interface Place {
  readonly prepare: (world: CliWorld) => string;
  readonly args: readonly string[];
  readonly more?: (file: string) => Readonly<Record<string, string>>;
  readonly exitCode: number;
  readonly says: RegExp;
}

const S3 = { DAGMAR_LAKE: "s3://bucket", AWS_REGION: "us-east-1", AWS_ENDPOINT_URL_S3: "http://127.0.0.1:9" };

const PLACES: Readonly<Record<string, Place>> = {
  ".env": {
    prepare: ({ folder }) => join(folder, ".env"),
    args: ["dags", "list"],
    exitCode: 78,
    says: /\.env cannot be read \(\w+: it is /,
  },
  "a token's file": {
    prepare: ({ folder }) => join(folder, "token"),
    args: ["dags", "list"],
    more: (file) => ({ TMDB_API_TOKEN: "", TMDB_API_TOKEN_FILE: file }),
    exitCode: 78,
    says: /TMDB_API_TOKEN_FILE names a file that cannot be read: \S+token \(\w+: it is /,
  },
  "AWS's shared credentials": {
    prepare: ({ folder }) => join(folder, "credentials"),
    args: ["lake", "ls"],
    more: (file) => ({ ...S3, AWS_SHARED_CREDENTIALS_FILE: file }),
    exitCode: 78,
    says: /credentials cannot be read by the AWS SDK: .*it is [^]*AWS_SHARED_CREDENTIALS_FILE/,
  },
  "AWS's web identity token": {
    prepare: ({ folder }) => join(folder, "identity"),
    args: ["lake", "ls"],
    more: (file) => ({ ...S3, AWS_WEB_IDENTITY_TOKEN_FILE: file }),
    exitCode: 78,
    says: /identity cannot be read by the AWS SDK: .*it is [^]*AWS_WEB_IDENTITY_TOKEN_FILE/,
  },
  "a Dag file": {
    prepare({ dagsFolder }) {
      return join(dagsFolder, "demo.yaml");
    },
    args: ["dags", "validate"],
    exitCode: 78,
    says: /demo\.yaml: (?:is a folder|is not a regular file|is a symbolic link that leads out|cannot be read)/,
  },
  "an input": {
    prepare({ dagsFolder, inputFolder }) {
      writeFileSync(join(dagsFolder, "demo.yaml"), CSV_DAG);
      return join(inputFolder, "movies.csv");
    },
    args: ["run", "demo"],
    exitCode: 1,
    says: /movies\.csv (?:is a directory|is a special file|leads out of the input folder)/,
  },
  "the database": {
    prepare: ({ folder }) => join(folder, "other.db"),
    args: ["db", "migrate"],
    more: (file) => ({ DAGMAR_DB: file }),
    exitCode: 78,
    says: /other\.db (?:is a device or a pipe|cannot be used)/,
  },
};

test.each(Object.entries(PLACES))(
  "%s that is a pipe without a writer",
  { timeout: 60_000 },
  async (_, place) => {
    const world = openCliWorld();
    onTestFinished(() => world.remove());
    const { prepare, args, more, exitCode, says } = place;
    const file = prepare(world);
    execFileSync("/usr/bin/mkfifo", [file]);
    const running = world.start(args, more?.(file));
    const giveUp = setTimeout(() => running.child.kill("SIGKILL"), 30_000);
    const result = await running.ended;
    clearTimeout(giveUp);
    const text = result.stdout + result.stderr;
    expect({ exitCode: result.exitCode, signal: result.signal }, text).toEqual({ exitCode, signal: null });
    expect(text).toMatch(says);
  },
);

test("a pipe with a writer, and a device that is empty, are read as files", { timeout: 60_000 }, async () => {
  const world = openCliWorld();
  onTestFinished(() => world.remove());
  const pipe = join(world.folder, ".env");
  execFileSync("/usr/bin/mkfifo", [pipe]);
  const listing = world.start(["dags", "list"], {
    TMDB_API_TOKEN: undefined,
    DAGMAR_LOG_LEVEL: undefined,
    AWS_CONFIG_FILE: "/dev/null",
  });
  writeFileSync(pipe, "DAGMAR_LOG_LEVEL=loud\n");
  const { exitCode, stderr } = await listing.ended;
  expect(stderr).toMatch(/DAGMAR_LOG_LEVEL .*must be one of/);
  expect(exitCode).toBe(78);
  rmSync(pipe);
  symlinkSync("/dev/null", pipe);
  expect((await world.run(["dags", "list"])).exitCode).toBe(0);
  const asked = await world.run(["lake", "ls"], { ...S3, AWS_CONFIG_FILE: "/dev/null" });
  expect(asked.stderr).not.toMatch(/cannot be read/);
});
