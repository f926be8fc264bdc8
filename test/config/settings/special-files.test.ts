/**
 * A pipe without a writer, a folder, an endless device or a socket instead of a file: each is refused quickly, with a
 * sentence.
 */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { readDagFile } from "../../../config/dag-file/read-dag-file.ts";
import { assertAwsFilesReadable } from "../../../config/settings/aws-files.ts";
import { readEnvironment } from "../../../config/settings/environment.ts";
import { readSecretFile } from "../../../config/settings/secret-file.ts";
import { describeReadFault } from "../../../config/settings/small-file.ts";
import { makeTempFolder } from "../../support/test-world.ts";

type Make = (file: string) => unknown;

const KINDS: Readonly<Record<string, Make>> = {
  "a pipe without a writer": (file) => execFileSync("/usr/bin/mkfifo", [file]),
  "a folder": (file) => mkdirSync(file),
  "an endless device": (file) => symlinkSync("/dev/zero", file),
  "a socket": async (file) => {
    const server = createServer();
    onTestFinished(() => void server.close());
    await once(server.listen(file), "listening");
  },
  "a link to itself": (file) => symlinkSync(file, file),
};

function readSecret(file: string): string {
  try {
    return readSecretFile(file);
  } catch (error) {
    return describeReadFault(error);
  }
}

describe.each(Object.entries(KINDS))("%s", (_, make) => {
  test("as .env is a fault", { timeout: 20_000 }, async () => {
    const folder = makeTempFolder();
    await make(path.join(folder, ".env"));
    expect(readEnvironment(folder).faults).toEqual([
      expect.stringMatching(/\.env (?:cannot be read \(\w+: it is |is a link to a file that does not exist)/),
    ]);
  });

  test("as a secret's file is a fault", { timeout: 20_000 }, async () => {
    const file = path.join(makeTempFolder(), "token");
    await make(file);
    expect(readSecret(file)).toMatch(/^\w+: it is /);
  });

  test.each(["AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE"])(
    "as the file of %s is a fault that names the variable",
    async (name) => {
      const file = path.join(makeTempFolder(), "given");
      await make(file);
      expect(() => assertAwsFilesReadable({ HOME: "/nowhere", [name]: file })).toThrow(
        expect.objectContaining({
          code: "CONFIG_INVALID",
          message: expect.stringMatching(/given cannot be read by the AWS SDK: .*it is /) as unknown,
          hint: expect.stringContaining(name) as unknown,
        }),
      );
    },
  );

  test("as a Dag file is a fault", async () => {
    const file = path.join(makeTempFolder(), "a.yaml");
    await make(file);
    expect(readDagFile(file)).toMatch(/^is (?:a folder|not a regular file|a symbolic link to )/);
  });
});

test("plain files, empty devices and files that are not there are no fault of AWS's", () => {
  const folder = makeTempFolder();
  const file = path.join(folder, "config");
  writeFileSync(file, "[default]\n");
  for (const given of [file, "/dev/null", path.join(folder, "gone")]) {
    expect(() => assertAwsFilesReadable({ HOME: folder, AWS_CONFIG_FILE: given })).not.toThrow();
  }
});
