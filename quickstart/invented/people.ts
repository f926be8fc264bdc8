/** Invented people: a name and whether it is a woman's. The caller decides the roles. */
import type { Random } from "./random.ts";
import { GIVEN_NAMES_FEMALE, GIVEN_NAMES_MALE, SURNAMES } from "./words.ts";

export interface InventedPerson {
  readonly name: string;
  readonly isWoman: boolean;
}

export function inventPerson(random: Random): InventedPerson {
  const isWoman = random.isLucky(0.45);
  const given = random.pick(isWoman ? GIVEN_NAMES_FEMALE : GIVEN_NAMES_MALE);
  const middle = random.isLucky(0.05) ? ` ${String.fromCharCode(65 + random.below(26))}.` : "";
  return { name: `${given}${middle} ${random.pick(SURNAMES)}`, isWoman };
}
