/** Which mutants a sample takes. A seed draws the same ones again, also when files that it did not draw have changed. */
import { createHash } from "node:crypto";

export interface Sample {
  readonly size: number;
  readonly seed: number;
}

export function drawSample<T>(
  items: readonly T[],
  { size, seed }: Sample,
  name: (item: T) => string,
): readonly T[] {
  return items
    .map((item) => ({
      item,
      draw: createHash("sha256")
        .update(`${seed} ${name(item)}`)
        .digest("hex"),
    }))
    .toSorted((a, b) => (a.draw < b.draw ? -1 : 1))
    .slice(0, size)
    .map(({ item }) => item);
}
