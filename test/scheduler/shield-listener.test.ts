/** A listener that throws stops nothing, and each of its errors is logged once. */
import { expect, test } from "vitest";
import { shieldListener } from "../../scheduler/shield-listener.ts";
import { makeKeptLogger } from "../lake/lake-tools.ts";

class Listener {
  readonly name = "own";
  heard: number[] = [];
  hear(number: number): number {
    if (number < 0) throw new Error(`${number} is negative`);
    this.heard.push(number);
    return number * 2;
  }
  forget(): void {
    throw new Error("-1 is negative");
  }
}

test("what it hears and gives is as before, and a property is no method", () => {
  const log = makeKeptLogger();
  const listener = new Listener();
  const shielded = shieldListener(listener, log);
  expect([shielded.hear(2), shielded.name, listener.heard]).toEqual([4, "own", [2]]);
  expect(log.lines).toEqual([]);
});

test("each error of each method is logged once", () => {
  const log = makeKeptLogger();
  const shielded = shieldListener(new Listener(), log);
  for (const number of [-1, -1, -2, -1]) expect(shielded.hear(number)).toBeUndefined();
  shielded.forget();
  expect(log.lines.map(({ level, message }) => `${level} ${message}`)).toEqual([
    "error The listener's hear failed: -1 is negative",
    "error The listener's hear failed: -2 is negative",
    "error The listener's forget failed: -1 is negative",
  ]);
  expect(shielded.hear(1)).toBe(2);
});
