/** Keeps a listener that throws from stopping the code that calls it. */
import { describeError } from "../model/errors.ts";
import type { Logger } from "../model/ports/logger.ts";

/** The same listener, but its methods never throw: each error is logged once. */
export function shieldListener<T extends object>(listener: T, log: Logger): T {
  const told = new Set<string>();
  return new Proxy(listener, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name, target);
      if (typeof method !== "function") return method;
      return (...args: unknown[]): unknown => {
        try {
          return Reflect.apply(method, target, args);
        } catch (error) {
          const text = `The listener's ${String(name)} failed: ${describeError(error)}`;
          if (!told.has(text)) log.error(text);
          told.add(text);
          return undefined;
        }
      };
    },
  });
}
