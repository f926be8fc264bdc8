/** Reads Server-Sent Events as a browser does. */
import { onTestFinished } from "vitest";
import type { HttpStream } from "../../../web/server/exchange.ts";

export interface ServerEvent {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface ServerEvents {
  readonly headers: HttpStream["headers"];
  /** The names of all events that have come. */
  readonly names: readonly string[];
  /** What a client that comes back sends. */
  readonly lastId: string;
  /** The next event of that name; others are passed over. `undefined` when the stream has ended. */
  next(name: string): Promise<ServerEvent | undefined>;
  close(): void;
}

export function readServerEvents(stream: HttpStream): ServerEvents {
  const gone = new AbortController();
  onTestFinished(() => gone.abort());
  const chunks = stream.open(gone.signal)[Symbol.asyncIterator]();
  const waiting: ServerEvent[] = [];
  const names: string[] = [];
  let lastId = "";

  function take(block: string): void {
    const lines = block.split("\n").map((line) => /^(\w*): ?(.*)$/.exec(line) ?? []);
    const fields = new Map(lines.map(([, name = "", value = ""]) => [name, value]));
    const [id, data] = [fields.get("id"), fields.get("data")];
    lastId = id ?? lastId;
    if (data === undefined) return;
    const event = fields.get("event") ?? "message";
    names.push(event);
    waiting.push({ event, id, data: JSON.parse(data) as ServerEvent["data"] });
  }

  return {
    headers: stream.headers,
    names,
    get lastId() {
      return lastId;
    },
    close: () => gone.abort(),
    async next(name) {
      for (;;) {
        const found = waiting.shift();
        if (found?.event === name) return found;
        if (found !== undefined) continue;
        const { value } = await chunks.next();
        if (value === undefined) return undefined;
        for (const block of String(value).split("\n\n")) take(block);
      }
    },
  };
}
