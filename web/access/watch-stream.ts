/** Breaks a stream off once the token or session that opened it has ended: a stream may stay open for days. */
import type { Clock } from "../../model/ports/clock.ts";
import { StreamBrokenOff, type Chunk, type HttpStream } from "../server/exchange.ts";

/** Streams of changes send a heartbeat as often. */
const CHECK_EVERY_MS = 15_000;

export function watchStream(stream: HttpStream, isValid: () => Promise<boolean>, clock: Clock): HttpStream {
  return { ...stream, open: (signal) => watch(stream.open(signal), isValid, clock) };
}

async function* watch(
  chunks: AsyncIterable<Chunk, undefined>,
  isValid: () => Promise<boolean>,
  clock: Clock,
): AsyncGenerator<Chunk, undefined> {
  let checkedMs = clock.monotonicMs();
  for await (const chunk of chunks) {
    if (clock.monotonicMs() - checkedMs >= CHECK_EVERY_MS) {
      if (!(await isValid())) throw new StreamBrokenOff("its token or session has ended");
      checkedMs = clock.monotonicMs();
    }
    yield chunk;
  }
}
