/** Which addresses and which `Host` headers mean this machine alone. */

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

/** Of a server: only programs of this machine reach it. */
export function isLoopbackAddress(host: string): boolean {
  return host === "::1" || LOOPBACK.test(host);
}

/** With or without a port. */
export function isLoopbackHost(header: string): boolean {
  return LOOPBACK.test(header);
}
