/** What the packages for AWS Lambda are made for: its Node lines, the libraries of its system, and how large they may be. */
import { compareVersions, readElfNeeds } from "./elf-needs.ts";

export interface NodeLine {
  /** Whose headers are compiled with; all releases of a line load the same binary. */
  readonly version: string;
  /** `process.versions.modules` of the line. */
  readonly abi: number;
}

/**
 * The template uses nodejs24.x, which AWS supports until April 2028; nodejs22.x ends a year earlier. AWS makes no functions on
 * nodejs20.x any more. Its binary is for trying the zips on the oldest Node that the project runs on.
 */
export const NODE_LINES: readonly NodeLine[] = [
  { version: "20.20.2", abi: 115 },
  { version: "22.23.5", abi: 127 },
  { version: "24.22.3", abi: 137 },
];

/** Of Amazon Linux 2023, on which all these runtimes are: glibc 2.34, and libstdc++ of GCC 11. */
const NEWEST: Readonly<Record<string, string>> = { GLIBC: "2.34", GLIBCXX: "3.4.29", CXXABI: "1.3.13" };

/** Lambda takes 50 MB. */
export const MAX_ZIPS_BYTES = 20_000_000;

/** Why a binary would not load in Lambda, a text for each cause. */
export function listSystemFaults(binary: Buffer, architecture: string): readonly string[] {
  const needs = readElfNeeds(binary);
  const faults = Object.entries(NEWEST).flatMap(([set, newest]) => {
    const needed = needs.versions.get(set) ?? "0";
    return compareVersions(needed, newest) > 0 ? [`it needs ${set}_${needed}, and Lambda has ${newest}`] : [];
  });
  return needs.architecture === architecture
    ? faults
    : [`it is for ${needs.architecture}, not ${architecture}`, ...faults];
}
