/** The version is found from the sources and from the bundle: both are below the package. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readVersion } from "../../../cli/process/version.ts";

test("it is the package's, read from the sources", () => {
  const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
  expect(readVersion()).toBe(version);
});
