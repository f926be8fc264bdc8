/** Sizes as people read them. */
import { expect, test } from "vitest";
import { formatBytes } from "../../../model/text/byte-size.ts";

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 kB"],
  [164_700_000, "164.7 MB"],
  [2_500_000_000, "2.5 GB"],
  [1e12, "1.0 TB"],
  [5e15, "5000.0 TB"],
])("%i bytes are %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});
