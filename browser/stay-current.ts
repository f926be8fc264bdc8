/** Keeps the page current: through the server's stream of changes, by asking now and then where the stream does not come through. */
import { goToEnd, isFollowing } from "./follow.ts";
import { readPage } from "./read-page.ts";
import { serverTime } from "./server-time.ts";

/** At most two reads a second, whatever happens. */
const READ_EVERY_MS = 500;
/** The stream gives a sign every 15 s. */
const SILENT_MS = 18_000;
const ASK_EVERY_MS = 5_000;
const FOLLOW_EVERY_MS = 1_000;
/** After the server has refused the stream. */
const LISTEN_AGAIN_MS = 30_000;

export function stayCurrent(): void {
  const address = document.querySelector<HTMLMetaElement>('meta[name="dagmar-stream"]')?.content;
  if (address === undefined) return;
  const news = { isWanted: false, heardMs: -Infinity };
  const stream = createStream(address, news);
  let readMs = performance.now();
  let isReading = false;

  async function read(): Promise<void> {
    news.isWanted = false;
    isReading = true;
    readMs = performance.now();
    const isAtLogEnd = isFollowing();
    const outcome = await readPage(location.href);
    if (outcome === "read" && isAtLogEnd) goToEnd();
    isReading = false;
    if (outcome !== "replaced") showStale(outcome === "failed");
  }

  setInterval(() => {
    if (document.hidden || isReading) return;
    const nowMs = performance.now();
    if (nowMs - news.heardMs > SILENT_MS && nowMs - readMs > ASK_EVERY_MS) news.isWanted = true;
    if (nowMs - readMs > FOLLOW_EVERY_MS && isFollowing()) news.isWanted = true;
    if (news.isWanted && nowMs - readMs >= READ_EVERY_MS) void read();
    stream.openAgain();
  }, READ_EVERY_MS / 2);

  // Browsers open few connections to one server: tabs that are not seen leave theirs to the others.
  const follow = (): void => {
    if (document.hidden) return stream.close();
    stream.open();
    news.isWanted = true;
  };
  document.addEventListener("visibilitychange", follow);
  addEventListener("pagehide", () => stream.close());
  addEventListener("pageshow", (event) => {
    if (event.persisted) follow();
  });
  if (!document.hidden) stream.open();
}

interface News {
  isWanted: boolean;
  heardMs: number;
}

function createStream(address: string, news: News) {
  let source: EventSource | undefined;
  let openedMs = -Infinity;

  function open(): void {
    if (source !== undefined) return;
    openedMs = performance.now();
    source = new EventSource(address);
    const heard = (): void => {
      news.heardMs = performance.now();
    };
    source.addEventListener("open", heard);
    source.addEventListener("heartbeat", (event: MessageEvent<string>) => {
      heard();
      // A scheduler that dies changes nothing in the database.
      if (isAlive(event) !== isShownAlive()) news.isWanted = true;
    });
    source.addEventListener("change", () => {
      heard();
      news.isWanted = true;
    });
    source.addEventListener("error", () => {
      news.heardMs = -Infinity;
      news.isWanted = true;
    });
  }

  function close(): void {
    source?.close();
    source = undefined;
    news.heardMs = -Infinity;
  }

  return {
    open,
    close,
    /** The browser connects again by itself, unless the server refused. */
    openAgain(): void {
      const isRefused = source?.readyState === EventSource.CLOSED;
      if (!isRefused || performance.now() - openedMs < LISTEN_AGAIN_MS) return;
      close();
      open();
    },
  };
}

function isAlive({ data }: MessageEvent<string>): boolean {
  return (JSON.parse(data) as { readonly scheduler_alive: boolean }).scheduler_alive;
}

function isShownAlive(): boolean {
  return document.querySelector<HTMLElement>("#heartbeat")?.dataset["state"] !== "late";
}

function showStale(isStale: boolean): void {
  const notice = document.querySelector<HTMLElement>("#stale");
  const since = document.querySelector("#stale-since");
  if (notice === null || since === null) return;
  if (isStale && notice.hidden) since.textContent = new Date(serverTime()).toLocaleTimeString();
  notice.hidden = !isStale;
}
