/** Fakes the time of child processes with libfaketime's variables; without the library those tests are skipped. */
import { existsSync, writeFileSync } from "node:fs";

/** Its path in Debian and its derivatives, by machine. */
const LIBRARY = ["x86_64-linux-gnu", "aarch64-linux-gnu"]
  .map((machine) => `/usr/lib/${machine}/faketime/libfaketime.so.1`)
  .find((path) => existsSync(path));

export const HAS_FAKE_TIME = LIBRARY !== undefined;
if (!HAS_FAKE_TIME) {
  process.stdout.write(
    "What needs another time is SKIPPED: libfaketime is not installed (Debian: libfaketime).\n",
  );
}

type Variables = Readonly<Record<string, string>>;

/** One real second is `factor` seconds for the process, also for its time-outs and pauses. */
export function hurry(factor: number): Variables {
  return { ...base(), FAKETIME: `+0 x${factor}` };
}

/** `offset` as libfaketime writes it: `-1h`, `+10d`, `+10y`, or `@1970-01-01 00:00:10`. The monotonic clock is not changed. */
export function startAt(offset: string): Variables {
  return { ...base(), FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: "1" };
}

/** Sets the wall clock as an administrator would: the content of `file` is read each time. */
export function setBy(file: string): Variables {
  return {
    ...base(),
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: "1",
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
  };
}

export function setClock(file: string, offset: string): void {
  writeFileSync(file, `${offset}\n`);
}

function base(): Variables {
  // The files' times are compared with the clock: they stay as they are on the disk.
  return { LD_PRELOAD: LIBRARY ?? "", NO_FAKE_STAT: "1", TZ: "UTC" };
}
