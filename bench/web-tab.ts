/** What a browser's tab costs: it listens to the stream of changes, and reads its page. */
import { get, request, type Agent } from "node:http";

export interface Tab {
  close(): void;
}

/** What a tab's script does: it listens, and reads its page again after a change, at most twice a second. */
export async function openTab(url: string, path: string): Promise<Tab> {
  const page = new URL(path, url);
  await readPage(page);
  const reading = { isWanted: false, isUnderWay: false };
  const stream = get(new URL("/api/dagmar/stream?topics=change", url), (answer) => {
    answer.setEncoding("utf8").on("data", (text: string) => {
      if (text.includes("event: change")) reading.isWanted = true;
    });
  });
  stream.on("error", () => undefined);
  const timer = setInterval(() => {
    if (!reading.isWanted || reading.isUnderWay) return;
    reading.isWanted = false;
    reading.isUnderWay = true;
    void readPage(page).finally(() => {
      reading.isUnderWay = false;
    });
  }, 500);
  return {
    close() {
      clearInterval(timer);
      stream.destroy();
    },
  };
}

/** Resolves when the answer is there; a connection that the bench closes is no fault. */
export function readPage(url: URL, agent?: Agent): Promise<void> {
  return new Promise((resolve) => {
    const asked = request(
      url,
      { headers: { accept: "text/html" }, ...(agent === undefined ? {} : { agent }) },
      (answer) => {
        answer.resume();
        answer.once("close", () => {
          if (answer.statusCode !== 200) throw new Error(`${url.href} answered ${answer.statusCode ?? 0}`);
          resolve();
        });
      },
    );
    asked.once("error", () => resolve());
    asked.end();
  });
}
