/** Keeps a listener that throws from stopping what it listens to: no decision is made from what a listener hears. */
import { describeError } from "../model/errors.ts";
import type { Logger } from "../model/ports/logger.ts";

/** The same listener, whose methods throw nothing: what one threw is logged, once for each text. */
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
          const text = `${String(name)} was not taken note of: ${describeError(error)}`;
          if (!told.has(text)) log.error(text);
          told.add(text);
          return undefined;
        }
      };
    },
  });
}
