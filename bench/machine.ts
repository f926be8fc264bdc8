/** The state of the machine during the measurement: figures of a shared machine are worth less. */
import { readFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";

/** Returns a function that describes the machine between now and its call. */
export function watchMachine(): () => string {
  const [loadBefore = 0] = loadavg();
  const before = readCpuTimes();
  return () => {
    const [loadAfter = 0] = loadavg();
    const after = readCpuTimes();
    const [first] = cpus();
    return [
      `${cpus().length} cores (${first?.model.trim() || "unknown"})`,
      `Node ${process.version}`,
      `load ${loadBefore.toFixed(1)} before and ${loadAfter.toFixed(1)} after`,
      ...(before === undefined || after === undefined ? [] : [describeSteal(before, after)]),
    ].join(", ");
  };
}

interface CpuTimes {
  readonly busy: number;
  readonly stolen: number;
}

/** The share of the time wanted that other guests of the same host were given. */
function describeSteal(before: CpuTimes, after: CpuTimes): string {
  const stolen = after.stolen - before.stolen;
  const wanted = after.busy - before.busy + stolen;
  return `${(wanted === 0 ? 0 : (stolen / wanted) * 100).toFixed(1)} % of the CPU time stolen by the host`;
}

/** proc(5): user, nice, system, idle, iowait, irq, softirq, steal. `undefined` where there is no /proc. */
function readCpuTimes(): CpuTimes | undefined {
  try {
    const line = /^cpu +(.+)$/m.exec(readFileSync("/proc/stat", "utf8"))?.[1] ?? "";
    const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, stolen = 0] = line
      .split(" ")
      .map(Number);
    return { busy: user + nice + system + irq + softirq, stolen };
  } catch {
    return undefined;
  }
}
