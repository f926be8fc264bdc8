/** One thing has no plural. */
import { expect, test } from "vitest";
import { countNoun } from "../../../model/text/count-noun.ts";

test.each([
  [0, "0 objects"],
  [1, "1 object"],
  [2, "2 objects"],
  [1234, "1234 objects"],
])("%i", (count, text) => {
  expect(countNoun(count, "object")).toBe(text);
});
