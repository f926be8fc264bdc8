/** What a compiled file needs of Lambda's system, read from the file; newer needs, planted into it, are found. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it, test } from "vitest";
import { compareVersions, readElfNeeds } from "../../packaging/elf-needs.ts";
import { listSystemFaults } from "../../packaging/limits.ts";
import { findArchitecture } from "../../packaging/native-binary.ts";

const FILE = fileURLToPath(
  new URL("../../node_modules/better-sqlite3/build/Release/better_sqlite3.node", import.meta.url),
);
const hasReadelf = spawnSync("readelf", ["--version"]).status === 0;

describe.runIf(process.platform === "linux")("the compiled better-sqlite3", () => {
  const binary = readFileSync(FILE);
  const architecture = process.platform === "linux" ? findArchitecture() : "";
  const needs = readElfNeeds(binary);

  it("loads on Amazon Linux 2023", () => {
    expect([...needs.versions.keys()]).toEqual(expect.arrayContaining(["GLIBC", "GLIBCXX", "CXXABI"]));
    expect(listSystemFaults(binary, architecture)).toEqual([]);
  });

  it.runIf(hasReadelf)("needs what readelf shows", () => {
    const { stdout } = spawnSync("readelf", ["--wide", "--version-info", FILE], { encoding: "utf8" });
    const versions = [...stdout.matchAll(/Name: ([A-Z]+)_([\d.]+) /g)];
    expect(versions.length).toBeGreaterThan(5);
    for (const [set, newest] of needs.versions) {
      const shown = versions.filter((match) => match[1] === set).map((match) => match[2] ?? "");
      expect(shown.toSorted(compareVersions).at(-1), set).toBe(newest);
    }
  });

  it.each([
    ["GLIBC", "2.39"],
    ["GLIBCXX", "3.4.99"],
    ["CXXABI", "1.9.9"],
  ])("does not load where it needs %s %s", (set, version) => {
    const names = [...binary.toString("latin1").matchAll(new RegExp(`\0${set}_[\\d.]+(?=\0)`, "g"))];
    const place = names.find(([name]) => name.length === `\0${set}_${version}`.length);
    if (place === undefined) throw new Error(`no version of ${set} is as long as ${version}`);
    const planted = Buffer.from(binary);
    planted.write(`\0${set}_${version}`, place.index, "latin1");
    expect(listSystemFaults(planted, architecture)).toEqual([
      expect.stringContaining(`it needs ${set}_${version}, and Lambda has `),
    ]);
  });

  it("does not load on another processor", () => {
    const planted = Buffer.from(binary);
    planted.writeUInt16LE(243, 18);
    expect(listSystemFaults(planted, architecture)).toEqual([`it is for machine 243, not ${architecture}`]);
  });
});

test.each([
  ["is empty", Buffer.alloc(0)],
  ["is a text", Buffer.from("#!/bin/sh\n")],
  ["is for 32 bits", Buffer.from("\u007FELF\u0001\u0001", "latin1")],
])("a file that %s is refused", (_what, file) => {
  expect(() => readElfNeeds(file)).toThrow("not a 64-bit little-endian ELF file");
});

test("a file that needs no versions is refused, because nothing is known about it", () => {
  const header = Buffer.alloc(64);
  header.write("\u007FELF\u0002\u0001", "latin1");
  expect(() => readElfNeeds(header)).toThrow("lists no needed versions");
});

test.each([
  ["2.4", "2.34"],
  ["2.9", "2.34"],
  ["3.4", "3.4.29"],
])("%s is older than %s", (older, newer) => {
  expect(compareVersions(older, newer)).toBeLessThan(0);
  expect(compareVersions(newer, older)).toBeGreaterThan(0);
  expect(compareVersions(newer, newer)).toBe(0);
});

test.each([
  ["darwin", "arm64"],
  ["linux", "ia32"],
])("binaries of %s on %s are refused before anything is compiled", (platform, arch) => {
  expect(() => findArchitecture(platform as NodeJS.Platform, arch as NodeJS.Architecture)).toThrow(
    `and this is ${platform} on ${arch}`,
  );
});
