/**
 * The simulator as a process of its own: one JSON line `{url, pid}` when it is ready, its figures as JSON on SIGUSR2 or
 * at `/__stats`, an end on SIGTERM or SIGINT.
 */
import { parseArgs } from "node:util";
import { startTmdbSimulator, type TmdbSimulatorOptions } from "./tmdb-simulator.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string" },
    token: { type: "string" },
    seed: { type: "string" },
    "unknown-share": { type: "string" },
    "body-size": { type: "string" },
    instant: { type: "boolean" },
    "latency-ms": { type: "string" },
    rate: { type: "string" },
    "structure-drift": { type: "boolean" },
  },
});

const options: TmdbSimulatorOptions = {
  ...readNumber("port", values.port),
  ...(values.token === undefined ? {} : { token: values.token }),
  ...readNumber("seed", values.seed),
  ...readNumber("unknownShare", values["unknown-share"]),
  ...readNumber("bodySizeBytes", values["body-size"]),
  ...readNumber("latencyMs", values["latency-ms"]),
  ...readNumber("ratePerSecond", values.rate),
  instant: values.instant ?? false,
  structureDrift: values["structure-drift"] ?? false,
};
const simulator = await startTmdbSimulator(options);
process.on("SIGUSR2", () => console.log(JSON.stringify(simulator.stats())));
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void simulator.close());
console.log(JSON.stringify({ url: simulator.url, pid: process.pid }));

function readNumber(name: keyof TmdbSimulatorOptions, text: string | undefined): Record<string, number> {
  if (text === undefined) return {};
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new RangeError(`${name} is not a number: ${text}`);
  return { [name]: value };
}
