/** One of something is not shown as several: every text with a number, in both languages. */
import { expect, test } from "vitest";
import { ACT_WORDS } from "../../../web/pages/act/words.ts";
import { BACKFILL_WORDS } from "../../../web/pages/backfills/words.ts";
import { GRID_WORDS } from "../../../web/pages/dag/words.ts";
import { HOME_WORDS } from "../../../web/pages/home/words.ts";
import { ID_WORDS } from "../../../web/pages/ids/words.ts";
import { LAKE_WORDS } from "../../../web/pages/lake/words.ts";
import { LOG_WORDS } from "../../../web/pages/log/words.ts";
import { RUN_WORDS } from "../../../web/pages/run/words.ts";

const SETS = {
  ACT_WORDS,
  BACKFILL_WORDS,
  GRID_WORDS,
  HOME_WORDS,
  ID_WORDS,
  LAKE_WORDS,
  LOG_WORDS,
  RUN_WORDS,
};

/** Words that end in s and are no plurals. */
const SINGULAR = /^(?:mais|as|is|needs|remains)$/;

test.each(Object.entries(SETS))("%s", (_, words) => {
  for (const [language, set] of Object.entries(words)) {
    for (const [name, word] of Object.entries(set as Readonly<Record<string, unknown>>)) {
      // Those that take an object are asked by the tests of their page.
      if (typeof word !== "function" || name === "summary" || name === "verdict") continue;
      const text = String((word as (...given: readonly unknown[]) => unknown)(1, 1, 1));
      const nouns = [...text.matchAll(/(?<!\d|\u202f)1 (\p{L}+)/gu)].map(([, noun = ""]) => noun);
      const wrong = nouns.filter((noun) => noun.endsWith("s") && !SINGULAR.test(noun));
      expect(wrong, `${language}: ${text}`).toEqual([]);
    }
  }
});
