/** The main thread's side of streams: each asks the thread for a chunk when its client has taken the one before. */
import type { Chunk, HttpStream } from "../server/exchange.ts";
import type { FromReader, MessageOf, ToReader } from "./read-request.ts";

export interface PulledStreams {
  readonly size: number;
  /** `undefined` if too many are open: then the thread was told to drop it. */
  add(message: MessageOf<FromReader, "stream">, post: (message: ToReader) => void): HttpStream | undefined;
  take(message: MessageOf<FromReader, "chunk" | "end">): void;
  /** Ends all of them early. */
  fail(fault: string): void;
}

/** Browsers open one for each tab. The server has more connections than this, so that requests are answered all the same. */
const MOST_STREAMS = 64;

interface PulledStream {
  /** While a chunk is awaited. */
  arrive: ((chunk: Chunk | undefined) => void) | undefined;
  /** Once it has ended; the fault is `null` if it is complete, or if no client is left. */
  ended: { readonly fault: string | null } | undefined;
}

export function createPulledStreams(): PulledStreams {
  const open = new Map<number, PulledStream>();

  function finish(id: number, fault: string | null): void {
    const stream = open.get(id);
    if (stream === undefined) return;
    open.delete(id);
    stream.ended = { fault };
    stream.arrive?.(undefined);
  }

  async function* pull(
    id: number,
    stream: PulledStream,
    signal: AbortSignal,
    post: (message: ToReader) => void,
  ): AsyncGenerator<Chunk, undefined> {
    const cancel = (): void => {
      if (open.has(id)) post({ kind: "cancel", id });
      finish(id, null);
    };
    signal.addEventListener("abort", cancel, { once: true });
    try {
      if (signal.aborted) return;
      while (stream.ended === undefined) {
        const arrived = new Promise<Chunk | undefined>((resolve) => {
          stream.arrive = resolve;
        });
        post({ kind: "pull", id });
        const chunk = await arrived;
        if (chunk !== undefined) yield chunk;
      }
      if (stream.ended.fault !== null) throw new Error(stream.ended.fault);
    } finally {
      signal.removeEventListener("abort", cancel);
      cancel();
    }
  }

  return {
    get size() {
      return open.size;
    },
    add({ id, status, headers }, post) {
      if (open.size >= MOST_STREAMS) {
        post({ kind: "cancel", id });
        return undefined;
      }
      const stream: PulledStream = { arrive: undefined, ended: undefined };
      open.set(id, stream);
      return { status, headers, open: (signal) => pull(id, stream, signal, post) };
    },
    take(message) {
      if (message.kind === "chunk") open.get(message.id)?.arrive?.(message.chunk);
      else finish(message.id, message.fault);
    },
    fail(fault) {
      for (const id of open.keys()) finish(id, fault);
    },
  };
}
