#!/usr/bin/env node
/**
 * The process's first file: it receives signals before anything else is loaded, loads the program, and ends the process with
 * the program's exit code. The only file that ends the process. It imports nothing, so that it runs at once, and also
 * where no further file can be opened. What a signal means is decided in start.ts.
 */
import type { EndingSignal, Seat } from "./start.ts";

const STATUS: Readonly<Record<EndingSignal, number>> = {
  SIGHUP: 129,
  SIGINT: 130,
  SIGQUIT: 131,
  SIGTERM: 143,
};

/** Signals that arrive while the program is loaded; it treats them as if they arrived right after. */
const early: EndingSignal[] = [];
let receive = (signal: EndingSignal): void => {
  early.push(signal);
  // A terminal that is closed sends SIGHUP twice.
  if (signal === "SIGQUIT" || (early.length > 1 && signal !== "SIGHUP")) endBy(signal);
};
for (const signal of ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM"] as const) {
  process.on(signal, () => receive(signal));
}
// Node opens its debugger at SIGUSR1, and ends at SIGUSR2: tools that rotate logs send either to a service.
process.on("SIGUSR1", () => undefined);
process.on("SIGUSR2", () => undefined);

function endBy(signal: EndingSignal): never {
  process.exit(STATUS[signal]);
}

const seat: Seat = {
  receiveSignals(handler) {
    receive = handler;
    for (const signal of early.splice(0)) handler(signal);
  },
  endBy,
  end: (code) => process.exit(code),
};

try {
  const { runProcess } = await import("./start.ts");
  process.exit(await runProcess(process.argv.slice(2), seat));
} catch (error) {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code !== "EMFILE" && code !== "ENFILE") throw error;
  // The program explains this itself once it is loaded: see model/system-fault.ts.
  process.stderr.write(
    `dagmar: The program cannot be loaded, because a limit of open files is reached (${code}).\n  Raise the limit: \`ulimit -n 4096\` in the shell that starts it, LimitNOFILE= in a systemd unit.\n`,
    () => process.exit(75),
  );
}
