/** Which addresses a setting may have. */
import { expect, test } from "vitest";
import { decodePart, parseAddress } from "../../../model/text/address.ts";

test.each([
  ["https://example.com", { value: "https://example.com" }],
  [" http://example.com:8080/dagmar// ", { value: "http://example.com:8080/dagmar" }],
  ["example.com", { fault: "must be an address such as https://example.com" }],
  ["ftp://example.com", { fault: "must begin with https:// or http://" }],
  ["https://user@example.com", { fault: "must not hold a user or password" }],
  ["https://:secret@example.com", { fault: "must not hold a user or password" }],
  ["https://example.com?token=secret", { fault: "must not hold a query or fragment" }],
  ["https://example.com#secret", { fault: "must not hold a query or fragment" }],
])("%s", (text, parsed) => {
  expect(parseAddress(text)).toEqual(parsed);
});

test("a part of an address is read without its percent codes, if they are valid", () => {
  expect([decodePart("p%40ss"), decodePart("p%4")]).toEqual(["p@ss", undefined]);
});
