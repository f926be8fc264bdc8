/** What an answer is that is no JSON: a page of a proxy, or other bytes. */
import { expect, test } from "vitest";
import { describeBadBody } from "../../../tasks/http/describe-attempt.ts";

test.each([
  ["text/html", "Not found", "html"],
  ["TEXT/HTML; charset=utf-8", "Not found", "html"],
  ["text/html", "", "not_json"],
  ["text/htmlish", "Not found", "not_json"],
  ["application/x-text/html", "Not found", "not_json"],
  ["application/json", " \n<!DOCTYPE html>", "html"],
  ["application/json", `${" ".repeat(64)}<html>`, "not_json"],
  ["application/json", '{"a":', "not_json"],
  [undefined, "<html>", "html"],
  [undefined, "", "not_json"],
])("%s with %j: %s", (type, body, reason) => {
  const headers = type === undefined ? {} : { "content-type": type };
  expect(describeBadBody({ status: 200, headers, data: Buffer.from(body) } as never)).toEqual({
    reason,
    status: 200,
    code: undefined,
    retryAfter: undefined,
    isStaleConnection: false,
  });
});
