/**
 * Which ids came before: 8 bytes for each place of a table instead of a text, so that millions of ids need little
 * memory.
 */

import { TITLE_ID_PATTERN } from "./id-check.ts";

export interface IdSet {
  /** Whether the id is new. */
  add(id: string): boolean;
}

const TITLE_ID = new RegExp(TITLE_ID_PATTERN);
const FIRST_PLACES = 1024;
/** Above this share of used places a search takes more steps. */
const MOST_USED = 0.7;

export function createIdSet(): IdSet {
  let places = new Float64Array(FIRST_PLACES);
  let used = 0;
  /** Ids in another form than a title's. */
  const others = new Set<string>();

  /** Raises the number of places before the table is full; 0 is an empty place. */
  function grow(): void {
    const former = places;
    places = new Float64Array(former.length * 2);
    for (const code of former) if (code !== 0) places[findPlace(places, code)] = code;
  }

  return {
    add(id) {
      if (!TITLE_ID.test(id)) {
        if (others.has(id)) return false;
        others.add(id);
        return true;
      }
      const code = encodeTitleId(id);
      const place = findPlace(places, code);
      if (places[place] === code) return false;
      places[place] = code;
      used += 1;
      if (used > places.length * MOST_USED) grow();
      return true;
    },
  };
}

/** `tt0000001` and `tt00000001` are two ids: the number of digits is part of the code. Below 2^53, and never 0. */
function encodeTitleId(id: string): number {
  const digits = id.length - 2;
  return (digits - 6) * 1e10 + Number(id.slice(2));
}

/** The position of the code, or the empty place where it would be. The number of places is a power of two. */
function findPlace(places: Float64Array, code: number): number {
  const mask = places.length - 1;
  let hash = Math.imul((code % 0x1_0000_0000) ^ (code / 0x1_0000_0000), 0x9e37_79b1);
  hash ^= hash >>> 15;
  let place = hash & mask;
  for (let held = places[place]; held !== 0 && held !== code; held = places[place])
    place = (place + 1) & mask;
  return place;
}
