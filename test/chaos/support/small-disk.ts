/** A disk of a few megabytes that can be full, grow or become read-only. Needs root and Linux. */
import { execFileSync, spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

export interface SmallDisk {
  readonly folder: string;
  resize(size: string): void;
  /** Leaves no room; what is written then fails with ENOSPC. */
  fill(): void;
  free(): void;
  setReadOnly(isReadOnly: boolean): void;
}

const BALLAST = ".ballast";

/** Whether one can be mounted here. */
export const HAS_SMALL_DISKS = probe();
if (!HAS_SMALL_DISKS) {
  process.stdout.write(
    "What needs a small disk is SKIPPED: only root on Linux may mount one. Quotas are tested.\n",
  );
}

/** In memory, with `size` as mount(8) writes it, at a folder of its own by default; removed with the test. */
export function mountSmallDisk(
  size: string,
  folder = mkdtempSync(join(tmpdir(), "dagmar-disk-")),
): SmallDisk {
  mkdirSync(folder, { recursive: true });
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder]);
  onTestFinished(() => {
    // Lazily: a process of the test that is still ending may have a file open.
    execFileSync("umount", ["--lazy", folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  const remount = (options: string): void => {
    execFileSync("mount", ["-o", `remount,${options}`, folder]);
  };
  return {
    folder,
    fill: () => fillUp(join(folder, BALLAST)),
    free: () => rmSync(join(folder, BALLAST), { force: true }),
    resize: (next) => remount(`size=${next}`),
    setReadOnly: (isReadOnly) => remount(isReadOnly ? "ro" : "rw"),
  };
}

function fillUp(file: string): void {
  const block = Buffer.alloc(4096);
  for (;;) {
    try {
      appendFileSync(file, block);
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOSPC") return;
      throw error;
    }
  }
}

function probe(): boolean {
  const folder = mkdtempSync(join(tmpdir(), "dagmar-disk-"));
  try {
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]).status === 0;
    if (mounted) execFileSync("umount", [folder]);
    return mounted;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
