/** A control question is ready when one is needed. */
import { expect, test } from "vitest";
import { openControlStock } from "../../tasks/tmdb-to-lake/control-stock.ts";

test("each control is given once, and the next is at hand soon after", async () => {
  const known = ["tt1", "tt2"];
  const stock = await openControlStock(() => Promise.resolve(known.shift()));
  expect(stock.take()).toBe("tt1");
  await new Promise(setImmediate);
  expect(stock.take()).toBe("tt2");
  await new Promise(setImmediate);
  expect(stock.take()).toBeUndefined();
  await new Promise(setImmediate);
  known.push("tt3");
  expect(stock.take()).toBeUndefined();
  await new Promise(setImmediate);
  expect(stock.take()).toBe("tt3");
});

test("a look-up that fails leaves none, and the next one is made", async () => {
  const answers = [
    Promise.resolve("tt1"),
    Promise.reject(new Error("the disk failed")),
    Promise.resolve("tt3"),
  ];
  const stock = await openControlStock(() => answers.shift() ?? Promise.resolve(undefined));
  expect(stock.take()).toBe("tt1");
  await new Promise(setImmediate);
  expect(stock.take()).toBeUndefined();
  await new Promise(setImmediate);
  expect(stock.take()).toBe("tt3");
});
