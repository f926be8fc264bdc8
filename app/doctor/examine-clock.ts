/** Compares this machine's clock with those of the servers that the program talks to, and shows the time zone. */
import * as http from "node:http";
import * as https from "node:https";
import type { Clock } from "../../model/ports/clock.ts";
import type { Finding } from "../../model/ports/examination.ts";
import { formatDuration } from "../../model/time/duration.ts";
import { formatLocal } from "../../model/time/local-time.ts";
import type { App } from "../app.ts";

const WARN_MS = 30_000;
/** S3 refuses a signature that is further off (RequestTimeTooSkewed). */
const FAIL_MS = 15 * 60_000;

/** `addresses`: of servers; the first that answers with a date is believed. */
export async function examineClock(
  addresses: readonly string[],
  { clock, makeAgent }: Pick<App, "clock" | "makeAgent">,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const what = "clock";
  for (const address of addresses) {
    const skewMs = await measureSkew(address, { clock, makeAgent }, signal);
    if (skewMs === undefined) continue;
    const { host } = new URL(address);
    const off = Math.abs(skewMs);
    const direction = skewMs > 0 ? "ahead of" : "behind";
    if (off < WARN_MS) return [{ what, state: "ok", says: `agrees with that of ${host}`, todo: null }];
    const refused = off < FAIL_MS ? "" : "; S3 refuses requests that are 15 minutes off";
    return [
      {
        what,
        state: off < FAIL_MS ? "warn" : "fail",
        says: `${formatDuration(off / 1000)} ${direction} that of ${host}${refused}`,
        todo: "Set the clock, and let NTP keep it right.",
      },
    ];
  }
  if (addresses.length === 0) {
    return [{ what, state: "ok", says: "there is no server to compare it with", todo: null }];
  }
  const todo = "See the checks of the lake and the services; then compare it by hand.";
  return [{ what, state: "warn", says: "not compared: no server answered with its time", todo }];
}

/** Milliseconds that this machine is ahead. A `Date` header is cut to the second; half of the way counts for the answer. */
async function measureSkew(
  address: string,
  { clock, makeAgent }: Pick<App, "clock" | "makeAgent">,
  signal: AbortSignal,
): Promise<number | undefined> {
  const sentAt = clock.now().getTime();
  const header = await askDate(address, makeAgent?.(), signal).catch(() => undefined);
  const receivedAt = clock.now().getTime();
  const serverMs = Date.parse(header ?? "");
  return Number.isNaN(serverMs) ? undefined : (sentAt + receivedAt) / 2 - (serverMs + 500);
}

function askDate(
  address: string,
  agent: http.Agent | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { request } = address.startsWith("https:") ? https : http;
  return new Promise((resolve, reject) => {
    const asked = request(
      address,
      { method: "HEAD", signal, timeout: 5_000, ...(agent === undefined ? {} : { agent }) },
      (answer) => {
        answer.destroy();
        resolve(answer.headers.date);
      },
    );
    asked.on("timeout", () => asked.destroy(new Error("timeout")));
    asked.on("error", reject);
    asked.end();
  });
}

/** `dataVersion`: of the time zone data that this Node brings. */
export function examineZone(
  timezone: string,
  clock: Pick<Clock, "now">,
  dataVersion: string | undefined,
): readonly Finding[] {
  const data = dataVersion === undefined ? "" : `; time zone data ${dataVersion}`;
  const says = `Dags that name no time zone use ${timezone}: ${formatLocal(clock.now(), timezone)}${data}`;
  return [{ what: "zone", state: "ok", says, todo: null }];
}
