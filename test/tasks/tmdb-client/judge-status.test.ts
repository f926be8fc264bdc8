/** The meaning of every status that TMDB, or a proxy in front of it, can return. */
import { expect, test } from "vitest";
import { isTransientStatus } from "../../../tasks/http/transient-status.ts";
import { judgeStatus, type StatusMeaning } from "../../../tasks/tmdb-to-lake/judge-status.ts";

/** TMDB's form of a 404, and other bodies that a 404 may have. */
const OWN_404S: readonly unknown[] = [
  { status_code: 34 },
  { success: false, status_code: 6, status_message: "x" },
];
const ODD_BODIES: readonly unknown[] = [
  undefined,
  null,
  {},
  [],
  [{ status_code: 34 }],
  "34",
  34,
  { status_code: "34" },
  { status_code: 34.5 },
  { status_code: 7 },
  { status_code: null },
  { code: 34 },
  { error: { status_code: 34 } },
];

const SPECIAL: Readonly<Record<number, StatusMeaning>> = {
  401: "unauthorized",
  403: "unauthorized",
  404: "wrong_address",
  408: "moment",
  425: "moment",
  429: "rate_limited",
};

test("every status from 300 to 599 has one meaning, and of all refusals only TMDB's own 404 is about the id", () => {
  for (let status = 300; status <= 599; status += 1) {
    const expected = SPECIAL[status] ?? (status < 500 ? "refused" : "moment");
    for (const body of ODD_BODIES) expect(judgeStatus(status, body), `${status}`).toBe(expected);
    for (const body of OWN_404S) {
      expect(judgeStatus(status, body), `${status}`).toBe(status === 404 ? "not_found" : expected);
    }
    expect(isTransientStatus(status)).toBe(expected === "moment" || expected === "rate_limited");
  }
});

test("an answer with a success status is judged from its content", () => {
  for (const status of [200, 201, 203, 206]) expect(judgeStatus(status, undefined)).toBe("answer");
});
