/** Which request is asked again while the provider is in doubt. */
import { expect, test } from "vitest";
import { createControlQuestion } from "../../../tasks/http/control-question.ts";

const request = (path: string) => ({ path, template: path });

test("it is the request that was answered last, and one of an earlier run until there is one", () => {
  const control = createControlQuestion(() => request("/earlier"));
  expect(control.pick()).toEqual(request("/earlier"));
  control.remember(request("/first"), 10);
  control.remember(request("/last"), 1_000_000);
  expect(control.pick()).toEqual(request("/last"));
  control.forget();
  expect(control.pick()).toEqual(request("/earlier"));
});

test("a request with a large answer is not asked again", () => {
  const control = createControlQuestion(() => undefined);
  control.remember(request("/small"), 10);
  control.remember(request("/large"), 1_000_001);
  expect(control.pick()).toEqual(request("/small"));
});
