/** Which known name is suggested for a misspelt one. */
import { expect, test } from "vitest";
import { suggestName, suggestOrList } from "../../config/suggestion.ts";

const names = ["retries", "retry_delay", "retry_delay_max", "timeout", "pool"];

test.each([
  ["retrys", "retries"],
  ["retryDelay", "retry_delay"],
  ["retry-delay", "retry_delay"],
  ["tiemout", "timeout"],
  ["POOL", "pool"],
  ["poll", "pool"],
])("%s gets the suggestion %s", (written, meant) => {
  expect(suggestName(written, names)).toBe(`did you mean "${meant}"?`);
});

test.each(["", "x", "schedule", "x".repeat(100_000)])("nothing is guessed for %.20s", (written) => {
  expect(suggestName(written, names)).toBeUndefined();
});

test("where nothing is near, the names are listed", () => {
  expect(suggestOrList("zzz", ["a_name", "b_name"])).toBe("there are: a_name, b_name");
  expect(suggestOrList("zzz", [])).toBe("there are none");
});
