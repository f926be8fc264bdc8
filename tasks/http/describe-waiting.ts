/** Why no answer comes from a provider at the moment, as text for the progress display. */
import type { Clock } from "../../model/ports/clock.ts";
import type { ProviderPlace } from "./provider.ts";
import type { Traffic } from "./traffic.ts";

/** `undefined` where nothing is wrong. */
export function describeWaiting(
  { host, addressSetting, isAddressOwn }: Pick<ProviderPlace, "host" | "addressSetting" | "isAddressOwn">,
  traffic: Traffic,
  clock: Clock,
): string | undefined {
  const { limiter, circuit, trouble } = traffic;
  const nowMs = clock.monotonicMs();
  if (limiter.pausedUntilMs > nowMs) {
    return `${host} asked for a pause of ${formatSeconds(limiter.pausedUntilMs - nowMs)} from now`;
  }
  if (trouble.cause === undefined) return undefined;
  const { nextProbeMs } = circuit;
  const who = isAddressOwn ? `${host} (${addressSetting})` : host;
  if (nextProbeMs === undefined || nextProbeMs <= nowMs) return `${who}: ${trouble.cause}`;
  return `${who}: ${trouble.cause}; asked again in ${formatSeconds(nextProbeMs - nowMs)}`;
}

function formatSeconds(ms: number): string {
  return `${Math.ceil(ms / 1000)} s`;
}
