/** Which host names, addresses and `Host` headers mean this machine alone. A host name is not looked up. */

/** Of a URL or of a server that listens: only programs of this machine reach it. */
export function isLoopback(hostname: string): boolean {
  const host = hostname
    .replace(/^\[|\]$/g, "")
    .replace(/\.$/, "")
    .toLowerCase();
  return host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** With or without a port. An address of IPv6 is in brackets there. */
export function isLoopbackHost(header: string): boolean {
  const host = header.replace(/:\d{1,5}$/, "");
  return host.includes(":") ? /^\[::1\]$/.test(host) : isLoopback(host);
}
