/** Standard output and standard error that cannot be written, as on a full disk: who works goes on without them, and says so. */
import type { Logger } from "../../model/ports/logger.ts";
import type { ServiceObserver } from "../../model/ports/service-observer.ts";
import { describePassingFault } from "../../model/system-fault.ts";
import type { Database } from "../../state/sqlite/database.ts";
import { insertEvent } from "../../state/control/events.ts";
import { systemClock } from "../process/system-clock.ts";

export type OutputStream = "stdout" | "stderr";

type Listener = (stream: OutputStream, reason: string) => void;

/** A process has one of each stream, and each attempt to write may fail: the streams are used again when there is room. */
class LostOutput {
  readonly #reasons = new Map<OutputStream, string>();
  #listener: Listener | undefined;

  /** `true` for the stream's first loss. */
  note(stream: OutputStream, error: Error): boolean {
    const isFirst = !this.#reasons.has(stream);
    const reason = describePassingFault(error) ?? error.message;
    this.#reasons.set(stream, reason);
    this.#listener?.(stream, reason);
    return isFirst;
  }

  /** Whoever listens has work that goes on, and answers for it. Told at once of what was lost before. */
  listen(listener: Listener): void {
    this.#listener = listener;
    for (const [stream, reason] of this.#reasons) listener(stream, reason);
  }

  /** Whether what somebody asked to see is lost, and was all there was to do. */
  get isAnswerLost(): boolean {
    return this.#reasons.has("stdout") && this.#listener === undefined;
  }
}

export const lostOutput = new LostOutput();

/** To be called by the holder of the lease: the first loss of each stream becomes an event, and each one a count. */
export function tellLostOutput(
  database: Database,
  tools: {
    readonly log: Logger;
    readonly service: Pick<ServiceObserver, "outputLost">;
    readonly timezone: string;
  },
): void {
  const told = new Set<OutputStream>();
  lostOutput.listen((stream, reason) => {
    tools.service.outputLost(stream);
    if (told.has(stream)) return;
    told.add(stream);
    const name = stream === "stdout" ? "Standard output" : "Standard error";
    const message = `${name} cannot be written: ${reason}. What is written there is lost until there is room; the work continues.`;
    const event = { level: "warn", kind: "output_lost", message } as const;
    database
      .write((query) => insertEvent(query, event, systemClock.now(), tools.timezone))
      .catch(() => tools.log.warn(message));
  });
}
