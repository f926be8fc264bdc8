/** The task type `noop` does nothing and takes no options. */
import { expect, test } from "vitest";
import { createNoop } from "../../tasks/noop/index.ts";

test("it takes no options, and says which one it does not know", () => {
  const { options } = createNoop();
  expect(options.safeParse({}).success).toBe(true);
  expect(options.safeParse({ note: "hi" }).error?.issues[0]).toMatchObject({
    code: "unrecognized_keys",
    keys: ["note"],
  });
});

test("it gives an empty output, and stores, reads and excludes nothing", async () => {
  const type = createNoop();
  expect(await type.run({} as Parameters<typeof type.run>[0])).toEqual({});
  expect([type.writes({}), type.reads({}), type.exclusiveKey({})]).toEqual([undefined, [], null]);
});
