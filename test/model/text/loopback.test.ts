/** Which addresses and Host headers mean this machine alone. */
import { expect, test } from "vitest";
import { isLoopback, isLoopbackHost } from "../../../model/text/loopback.ts";

test.each([
  ["localhost", true],
  ["LOCALHOST.", true],
  ["127.0.0.1", true],
  ["127.8.9.10", true],
  ["::1", true],
  ["[::1]", true],
  ["0.0.0.0", false],
  ["::", false],
  ["128.0.0.1", false],
  ["127.0.0.1.example.com", false],
  ["localhost.example.com", false],
  ["", false],
])("the host %j is loopback: %j", (host, is) => expect(isLoopback(host)).toBe(is));

test.each([
  ["localhost:8793", true],
  ["127.0.0.1", true],
  ["[::1]:8793", true],
  ["[::1]", true],
  ["::1", false],
  ["[::2]:1", false],
  ["localhost:", false],
  ["localhost:8793:1", false],
  ["127.0.0.1:8793.example.com", false],
  ["user@localhost", false],
  ["localhost evil", false],
  ["", false],
])("the Host header %j is loopback: %j", (header, is) => expect(isLoopbackHost(header)).toBe(is));
