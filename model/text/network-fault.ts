/** Describes Node's and OpenSSL's codes of a failed connection. */

const MEANINGS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "the connection was refused",
  ENOTFOUND: "DNS does not know its name",
  EAI_AGAIN: "DNS could not look up its name",
  EHOSTUNREACH: "there is no route to it",
  ENETUNREACH: "there is no route to it",
  ENETDOWN: "the network is down",
  ETIMEDOUT: "the connection timed out",
  ECONNRESET: "the connection was reset",
  ECONNABORTED: "the connection was ended",
  EPIPE: "the connection was ended",
  EACCES: "the connection was forbidden on this machine",
  EPERM: "the connection was forbidden on this machine",
  EPROTO: "the TLS handshake failed",
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet",
  CERT_REVOKED: "its certificate was revoked",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is self-signed",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate comes from an authority that is not known here",
  UNABLE_TO_GET_ISSUER_CERT: "its certificate comes from an authority that is not known here",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its certificate comes from an authority that is not known here",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate comes from an authority that is not known here",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
  HOSTNAME_MISMATCH: "its certificate is for another name",
};

/** Node's X509 codes (https://nodejs.org/api/tls.html#x509-certificate-error-codes) and its own one for names. */
const CERTIFICATE =
  /(?:^|_)(?:CERT|CRL)(?:_|$)|^UNABLE_TO_(?:VERIFY|GET|DECRYPT|DECODE)_|^INVALID_(?:CA|PURPOSE)$|^PATH_LENGTH_EXCEEDED$|^HOSTNAME_MISMATCH$/;

/** How to fix an untrusted certificate, if the address and the clock are right. */
export const TRUST_HINT =
  "Put the certificate of its certificate authority, such as your proxy's, into a file, set NODE_EXTRA_CA_CERTS to that file, and start again";

export function isCertificateFault(code: string | undefined): boolean {
  return code !== undefined && CERTIFICATE.test(code);
}

/** Ends with the code, so that people can search for it. */
export function describeNetworkFault(code: string | undefined): string {
  if (code === undefined) return "the connection failed";
  const meaning = MEANINGS[code];
  if (meaning !== undefined) return `${meaning} (${code})`;
  if (isCertificateFault(code)) return `its certificate is not accepted (${code})`;
  return code.startsWith("ERR_SSL_") || code.startsWith("ERR_TLS_")
    ? `the TLS handshake failed (${code})`
    : `the connection failed (${code})`;
}
