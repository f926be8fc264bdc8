/**
 * What a compiled library needs of the system that loads it: the processor, and the newest version of each set of symbols, from
 * the section `.gnu.version_r` (System V ABI, and the Linux Standard Base on symbol versions). 64-bit, little-endian files only.
 */

export interface ElfNeeds {
  readonly architecture: "x86_64" | "arm64" | `machine ${number}`;
  /** Such as `GLIBC` to `2.34`: the newest version of each set that the file asks for. */
  readonly versions: ReadonlyMap<string, string>;
}

const MACHINES: Readonly<Record<number, ElfNeeds["architecture"]>> = { 62: "x86_64", 183: "arm64" };
/** A section's type. */
const VERSIONS_NEEDED = 0x6f_ff_ff_fe;

/** Raises an `Error` for a file of another kind, and for one without a list of needed versions. */
export function readElfNeeds(file: Buffer): ElfNeeds {
  const isElf64 = file.subarray(0, 6).equals(Buffer.from("\u007FELF\u0002\u0001", "latin1"));
  if (!isElf64) throw new Error("This is not a 64-bit little-endian ELF file.");
  const machine = file.readUInt16LE(18);
  const sections = listSections(file);
  const needed = sections.find(({ type }) => type === VERSIONS_NEEDED);
  const names = needed === undefined ? undefined : sections[needed.link];
  if (needed === undefined || names === undefined) throw new Error("The file lists no needed versions.");
  const versions = new Map<string, string>();
  for (const symbol of listNeeded(file, needed, names)) {
    const [, set, version] = /^([A-Z]+)_([\d.]+)$/.exec(symbol) ?? [];
    if (set === undefined || version === undefined) continue;
    if (compareVersions(version, versions.get(set) ?? "0") > 0) versions.set(set, version);
  }
  return { architecture: MACHINES[machine] ?? `machine ${machine}`, versions };
}

/** Dotted numbers; negative if the first is older. */
export function compareVersions(one: string, other: string): number {
  const [left, right] = [one.split(".").map(Number), other.split(".").map(Number)];
  for (let place = 0; place < Math.max(left.length, right.length); place += 1) {
    const difference = (left[place] ?? 0) - (right[place] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

interface Section {
  readonly type: number;
  readonly offset: number;
  readonly link: number;
  /** The number of entries of a list of needed versions. */
  readonly info: number;
}

function listSections(file: Buffer): readonly Section[] {
  const start = Number(file.readBigUInt64LE(40));
  const sizeBytes = file.readUInt16LE(58);
  return Array.from({ length: file.readUInt16LE(60) }, (_, index) => {
    const at = start + index * sizeBytes;
    return {
      type: file.readUInt32LE(at + 4),
      offset: Number(file.readBigUInt64LE(at + 24)),
      link: file.readUInt32LE(at + 40),
      info: file.readUInt32LE(at + 44),
    };
  });
}

/** An entry a library, with a chain of the versions that are needed of it. */
function listNeeded(file: Buffer, needed: Section, names: Section): readonly string[] {
  const found: string[] = [];
  let library = needed.offset;
  for (let left = needed.info; left > 0; left -= 1) {
    let version = library + file.readUInt32LE(library + 8);
    for (let count = file.readUInt16LE(library + 2); count > 0; count -= 1) {
      const start = names.offset + file.readUInt32LE(version + 8);
      found.push(file.toString("latin1", start, file.indexOf(0, start)));
      version += file.readUInt32LE(version + 12);
    }
    library += file.readUInt32LE(library + 12);
  }
  return found;
}
