/** Why a receiver of notices could not be reached, from the code of an error: its message would contain the address. */
import { describeNetworkFault, isCertificateFault, TRUST_HINT } from "../../model/text/network-fault.ts";

export function describeReachFault(code: unknown): string {
  if (typeof code !== "string" || !/^[A-Z][A-Z0-9_]*$/.test(code)) return "no answer";
  if (isCertificateFault(code)) return `it is not trusted: ${describeNetworkFault(code)}. ${TRUST_HINT}`;
  return `no answer: ${describeNetworkFault(code)}`;
}
