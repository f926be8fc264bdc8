/** What a row of the grid says in words: how often each state, and when each that is not a success. */
import type { Language } from "../frame/language.ts";
import { nameState } from "../parts/state.ts";
import { GRID_WORDS } from "./words.ts";

/** Of each state; the others are counted. */
const MOST_DATES = 10;

/** States whose dates tell nothing. */
const PLAIN: ReadonlySet<string> = new Set(["success", "none"]);

/** `363 success; 2 failed: 28 Nov 06:00, 3 Nov 06:00`, the newest first. `states` and `dates`: of each run, the oldest first. */
export function describeStates(
  language: Language,
  states: readonly (string | undefined)[],
  dates: readonly string[],
): string {
  const datesByState = new Map<string, string[]>();
  for (const [index, state] of states.entries()) {
    if (state === undefined) continue;
    const known = datesByState.get(state) ?? [];
    known.push(dates[index] ?? "");
    datesByState.set(state, known);
  }
  return [...datesByState]
    .map(([state, known]) => {
      const count = `${known.length} ${nameState(state)}`;
      if (PLAIN.has(state)) return count;
      const shown = known.slice(-MOST_DATES).toReversed();
      const others = known.length - shown.length;
      if (others > 0) shown.push(GRID_WORDS[language].others(others));
      return `${count}: ${shown.join(", ")}`;
    })
    .join("; ");
}
