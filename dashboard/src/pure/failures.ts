/** Why a source of data did not deliver: what the program says of it, in the page's language where it has a form. */
import type { FailureWords } from "../i18n/areas/failures";

function statusText(status: string, own: FailureWords): string {
  if (status === "429") return own.tooMany;
  if (status === "401" || status === "403") return own.denied(status);
  return Number(status) >= 500 ? own.broken(status) : own.status(status);
}

function knownText(reason: string, own: FailureWords): string | null {
  const answered = /^answered (\d{3})(?: inside a good status)?(?:, asks to wait (\d+) s)?$/.exec(reason);
  if (answered) return [statusText(answered[1] ?? "", own), answered[2] ? own.wait(answered[2]) : ""].filter(Boolean).join("; ");
  if (reason === "no answer in time") return own.late;
  if (reason.startsWith("no connection")) return own.noConnection;
  if (reason.startsWith("connection broken")) return own.cut;
  if (reason === "too many requests") return own.tooMany;
  return /^(the key is not accepted|an empty answer, as without a valid key)$/.test(reason) ? own.key : null;
}

/** A reason with or without its source before it; `quoted` is what only the server's English says. */
export function failureText(reason: string, own: FailureWords): { text: string; quoted: string } {
  const bare = reason.replace(/^\w+: /, "").replace(/\.$/, "");
  const text = knownText(bare, own);
  return text === null ? { text: own.other, quoted: bare } : { text, quoted: "" };
}
