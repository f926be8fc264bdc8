/** Which known name a misspelt name was probably meant to be. */

/** `did you mean "movies"?`, or `undefined` if no known name is similar enough. */
export function suggestName(written: string, known: Iterable<string>): string | undefined {
  const wanted = normalise(written);
  const limit = Math.max(1, Math.floor(wanted.length / 3));
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const name of known) {
    const candidate = normalise(name);
    if (Math.abs(candidate.length - wanted.length) >= bestDistance) continue;
    const distance = measureDistance(wanted, candidate);
    if (distance >= bestDistance) continue;
    best = name;
    bestDistance = distance;
  }
  return best === undefined ? undefined : `did you mean "${best}"?`;
}

/** The suggestion, or else all names: for sets that are small enough to be listed. */
export function suggestOrList(written: string, known: Iterable<string>): string {
  const names = [...known];
  const suggestion = suggestName(written, names);
  if (suggestion !== undefined) return suggestion;
  return names.length === 0 ? "there are none" : `there are: ${names.join(", ")}`;
}

/** `retryDelay`, `retry-delay` and `retry_delay` are one slip, not several. */
function normalise(name: string): string {
  return name
    .slice(0, 100)
    .replaceAll(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .replaceAll("-", "_");
}

/** Edits (insert, delete, replace, swap of neighbours) between two texts: the optimal string alignment distance. */
function measureDistance(left: string, right: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const isSame = left[row - 1] === right[column - 1];
      let cost = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (isSame ? 0 : 1),
      );
      const isSwap =
        row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (isSwap) cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[right.length] ?? 0;
}
