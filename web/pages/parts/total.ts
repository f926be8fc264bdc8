/** How many rows a list has, which says so if not all were counted. */
import type { RowCount } from "../../../state/pages/page.ts";
import type { Language } from "../frame/language.ts";
import { showCount } from "./figures.ts";
import { COMMON_WORDS } from "./words.ts";

/** `37`, or `more than 1 000`. */
export function showTotal(language: Language, { total, isCut }: RowCount): string {
  const count = showCount(total);
  return isCut ? COMMON_WORDS[language].moreThan(count) : count;
}

/** Of a list that was read up to one row more than it may show. */
export function countRead(read: number, most: number): RowCount {
  return { total: Math.min(read, most), isCut: read > most };
}
