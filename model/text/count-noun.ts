/** `1 object`, `0 objects`, `1234 objects`: for messages and events. */
export function countNoun(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
