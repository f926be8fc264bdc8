/** The order to compare the lake with its records, and the command that does the same. */
import type { VerifyScope } from "../../state/records/verifications.ts";
import { quoteWord } from "../quote-word.ts";
import type { Order } from "../service/orders.ts";

export function orderVerify({ prefix, isDeep }: VerifyScope, timezone: string): Order<"verify_lake"> {
  return { kind: "verify_lake", request: { prefix, isDeep, timezone } };
}

export function writeVerifyCommand({ prefix, isDeep }: VerifyScope): string {
  return [
    "dagmar lake verify",
    ...(prefix === "" ? [] : [quoteWord(prefix)]),
    ...(isDeep ? ["--deep"] : []),
  ].join(" ");
}
