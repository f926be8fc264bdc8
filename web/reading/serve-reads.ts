/** The reading thread's side of the messages: each message in, what it is answered with out. */
import type { GivenOrder, OrderOutcome } from "../../app/service/orders.ts";
import type { Reader } from "./answer-reads.ts";
import type { FromReader, ToReader } from "./read-request.ts";

/** Returns what takes a message. */
export function serveReads(reader: Reader, post: (message: FromReader) => void): (message: ToReader) => void {
  /** By request: the orders whose outcome is awaited. */
  const ordered = new Map<number, (outcome: OrderOutcome) => void>();

  async function answer({ id, request }: Extract<ToReader, { readonly kind: "request" }>): Promise<void> {
    const give = (given: GivenOrder): Promise<OrderOutcome> =>
      new Promise((resolve) => {
        ordered.set(id, resolve);
        post({ kind: "order", id, given });
      });
    post({ kind: "reply", id, ...(await reader.answer(request, give)) });
  }

  async function identify({
    id,
    credential,
  }: Extract<ToReader, { readonly kind: "credential" }>): Promise<void> {
    const found = await reader.identify(credential);
    post("user" in found ? { kind: "user", id, user: found.user } : { kind: "reply", id, ...found });
  }

  return (message) => {
    switch (message.kind) {
      case "outcome":
        ordered.get(message.id)?.(message.outcome);
        ordered.delete(message.id);
        return;
      case "credential":
        void identify(message);
        return;
      case "request":
        void answer(message);
    }
  };
}
