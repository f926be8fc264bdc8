/** What an event may ask for; each wrong one is refused with what is wrong in it. */
import { describe, expect, it } from "vitest";
import { readEvent } from "../../../deploy/lambda/read-event.ts";
import { CommandRefused } from "../../../model/errors.ts";

describe("an event", () => {
  it.each<[string, unknown, ReturnType<typeof readEvent>]>([
    ["a Dag alone", { dag: "csv_ingest" }, { dag: "csv_ingest", date: null, params: {} }],
    ["a day", { dag: "a", date: "2026-11-23" }, { dag: "a", date: "2026-11-23", params: {} }],
    [
      "an instant, as EventBridge Scheduler writes it",
      { dag: "a", date: "2026-11-23T09:00:00Z" },
      { dag: "a", date: "2026-11-23T09:00:00Z", params: {} },
    ],
    [
      "params",
      { dag: "a", params: { limit: 100, genres: ["Drama"], since: null } },
      { dag: "a", date: null, params: { limit: 100, genres: ["Drama"], since: null } },
    ],
    ["no date in so many words", { dag: "a", date: null }, { dag: "a", date: null, params: {} }],
  ])("may ask for %s", (_what, event, asked) => {
    expect(readEvent(event)).toEqual(asked);
  });

  it.each<[unknown, string]>([
    [undefined, "it is undefined, not an object"],
    [null, "it is null, not an object"],
    ["csv_ingest", 'it is "csv_ingest", not an object'],
    [[{ dag: "csv_ingest" }], "it is a list, not an object"],
    [{}, "dag is missing"],
    [{ dag: "" }, 'dag is "", not a Dag\'s id'],
    [{ dag: "  " }, 'dag is "  ", not a Dag\'s id'],
    [{ dag: 7 }, "dag is 7, not a Dag's id"],
    [{ dag: ["a"] }, "dag is a list, not a Dag's id"],
    [{ dag: "a", date: "yesterday" }, 'date is "yesterday", not a day'],
    [{ dag: "a", date: "2026-02-30" }, 'date is "2026-02-30", not a day'],
    [{ dag: "a", date: "23/11/2026" }, 'date is "23/11/2026", not a day'],
    [{ dag: "a", date: "" }, 'date is "", not a day'],
    [{ dag: "a", date: 20261123 }, "date is 20261123, not a day"],
    [{ dag: "a", date: "<aws.scheduler.scheduled-time>" }, 'date is "<aws.scheduler'],
    [{ dag: "a", params: "limit=100" }, 'params is "limit=100", not an object'],
    [{ dag: "a", params: ["limit"] }, "params is a list, not an object"],
    [{ dag: "a", params: null }, "params is null, not an object"],
    [{ dag: "a", parms: {} }, '"parms" is no field of it (did you mean "params"?)'],
    [{ dag: "a", force: true }, '"force" is no field of it'],
    [{ dag: "a", "detail-type": "Scheduled Event" }, '"detail-type" is no field of it'],
  ])("is refused: %j", (event, fault) => {
    expect(() => readEvent(event)).toThrow(CommandRefused);
    expect(() => readEvent(event)).toThrow(`The event is not valid: ${fault}`);
  });

  it("is refused with all that is wrong in it, and with what to send", () => {
    let refusal: unknown;
    try {
      readEvent({ date: 1, params: 2, other: 3 });
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toMatchObject({
      code: "USAGE",
      message:
        'The event is not valid: dag is missing; "other" is no field of it; date is 1, not a day such as "2026-11-23" or an instant; ' +
        "params is 2, not an object. Nothing was run.",
      hint: 'Send {"dag": "tmdb_ingest"}, and if needed "date": "2026-11-23" and "params": {"limit": 100}.',
    });
  });

  it("is refused in a message of a readable length, however long a value is", () => {
    const error = (() => {
      try {
        return readEvent({ dag: "a", date: "x".repeat(100_000) });
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(String(error).length).toBeLessThan(300);
  });
});
