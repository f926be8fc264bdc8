/** The zips are the same for the same files, whatever the clock, the zone and the order are. */
import { unzipSync } from "fflate";
import { afterEach, expect, test } from "vitest";
import { writeZip } from "../../packaging/write-zip.ts";

const FILES: readonly (readonly [string, Buffer])[] = [
  ["index.mjs", Buffer.from("export {};\n")],
  ["dist/chunks/b.js", Buffer.from("b".repeat(9000))],
  ["7", Buffer.from("a name that is a number")],
  ["dist/chunks/a.js", Buffer.alloc(0)],
];

/** What begins an entry in a zip's list of files. */
const HEADER = Buffer.from([0x50, 0x4b, 1, 2]);

const zone = process.env["TZ"];
afterEach(() => {
  if (zone === undefined) delete process.env["TZ"];
  else process.env["TZ"] = zone;
});

test("another order and another zone make the same bytes", () => {
  process.env["TZ"] = "America/Sao_Paulo";
  const here = writeZip(new Map(FILES));
  process.env["TZ"] = "Pacific/Kiritimati";
  const there = writeZip(new Map(FILES.toReversed()));
  expect(Buffer.compare(here, there)).toBe(0);
});

test("each file is in it as it was", () => {
  const unpacked = unzipSync(writeZip(new Map(FILES)));
  expect(Object.entries(unpacked).map(([name, bytes]) => [name, Buffer.from(bytes)])).toEqual(
    expect.arrayContaining(FILES.map((file) => [...file])),
  );
  expect(Object.keys(unpacked)).toHaveLength(FILES.length);
});

test("every user may read the files, and all are of the same moment", () => {
  const zip = Buffer.from(writeZip(new Map(FILES)));
  const headers: number[] = [];
  for (let at = zip.indexOf(HEADER); at !== -1; at = zip.indexOf(HEADER, at + 1)) headers.push(at);
  expect(headers).toHaveLength(FILES.length);
  for (const at of headers) {
    expect({ madeBy: zip[at + 5], mode: (zip.readUInt32LE(at + 38) >>> 16).toString(8) }).toEqual({
      madeBy: 3,
      mode: "100644",
    });
    // 1980-01-01 12:00.
    expect(zip.readUInt32LE(at + 12)).toBe(0b0000000_0001_00001_01100_000000_00000);
  }
});
