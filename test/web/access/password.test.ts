/** The check of the password: what it derives, and that a failure of it does not last. */
import { expect, test } from "vitest";
import { createPasswordCheck } from "../../../web/access/password.ts";
import { createHandClock } from "../../support/hand-clock.ts";

/** Fast; the first `failures` calls fail, as scrypt does when memory is short. */
function makeDerive(failures: number) {
  const given: string[] = [];
  const derive = (password: string): Promise<Uint8Array> => {
    given.push(password);
    if (given.length <= failures) return Promise.reject(new Error("no memory"));
    return Promise.resolve(Buffer.from(password.padEnd(32, ".").slice(-32)));
  };
  return { derive, given };
}

test("a key that could not be derived is derived again at the next request", async () => {
  const { derive } = makeDerive(1);
  const check = createPasswordCheck("right", "salt", createHandClock(), derive);
  await expect(check.readKey()).rejects.toThrow("no memory");
  expect((await check.readKey()).length).toBe(32);
  expect(await check.check("right")).toEqual({ kind: "right" });
  expect(await check.check("wrong")).toMatchObject({ kind: "wrong" });
});

test("more than 1,000 characters are wrong, and nothing is derived of them", async () => {
  const { derive, given } = makeDerive(0);
  const password = "p".repeat(1_000);
  const check = createPasswordCheck(password, "salt", createHandClock(), derive);
  expect(await check.check(password)).toEqual({ kind: "right" });
  expect(await check.check(`${password}p`)).toEqual({ kind: "wrong", triesLeft: 4 });
  expect(given).toEqual([password, password]);
});

test("the password itself is derived by scrypt", async () => {
  const check = createPasswordCheck("right", "salt", createHandClock());
  expect(await check.check("right")).toEqual({ kind: "right" });
  expect(await check.check("Right")).toEqual({ kind: "wrong", triesLeft: 4 });
});
