/** Handles failed writes to standard output and standard error, as on a full disk: a process with work records them and continues. */
import type { Clock } from "../model/ports/clock.ts";
import type { Logger } from "../model/ports/logger.ts";
import type { ServiceObserver } from "../model/ports/service-observer.ts";
import { describePassingFault } from "../model/system-fault.ts";
import { insertEvent } from "../state/control/events.ts";
import type { Database } from "../state/sqlite/database.ts";

export type OutputStream = "stdout" | "stderr";

type Listener = (stream: OutputStream, reason: string) => void;

/** Notes each failed write by stream. The streams stay in use: later writes may succeed. */
export class LostOutput {
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

  /** Registers a listener whose work continues without the output. It is called at once for earlier losses. */
  listen(listener: Listener): void {
    this.#listener = listener;
    for (const [stream, reason] of this.#reasons) listener(stream, reason);
  }

  /** Whether the lost output was the command's only result. */
  get isAnswerLost(): boolean {
    return this.#reasons.has("stdout") && this.#listener === undefined;
  }
}

/** For the holder of the lease: records the first loss of each stream as an event, and counts every loss. */
export function recordLostOutput(
  lostOutput: LostOutput,
  database: Database,
  tools: {
    readonly clock: Clock;
    readonly log: Logger;
    readonly service: Pick<ServiceObserver, "outputLost">;
    readonly timezone: string;
  },
): void {
  const recorded = new Set<OutputStream>();
  lostOutput.listen((stream, reason) => {
    tools.service.outputLost(stream);
    if (recorded.has(stream)) return;
    recorded.add(stream);
    const name = stream === "stdout" ? "Standard output" : "Standard error";
    const message = `${name} cannot be written: ${reason}. What is written there is lost until there is room; the work continues.`;
    const event = { level: "warn", kind: "output_lost", message } as const;
    database
      .write((query) => insertEvent(query, event, tools.clock.now(), tools.timezone))
      .catch(() => tools.log.warn(message));
  });
}
