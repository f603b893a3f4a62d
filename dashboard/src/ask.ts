import { refusal } from "./api";
import type { Language } from "./i18n";
import { eventsOf } from "./pure/sse";

/** A value that an answer stands on; see ChatFact of the API. */
export interface Fact {
  id: string;
  as_of: string;
  origin: string;
  text: Record<Language, string>;
}

/** How an answer ended; see ChatDone of the API. */
export interface Done {
  language: Language;
  answered_by: string;
  outcome: "answered" | "missing" | "unknown" | "elsewhere" | "change" | "refused" | "withheld" | "stopped";
  notice: string;
  cost_eur: number;
  sample: boolean;
}

export interface Listener {
  tool: (name: string) => void;
  text: (part: string) => void;
  facts: (facts: Fact[]) => void;
  done: (done: Done) => void;
}

/** Asks a question and tells what comes back as it comes; throws `Refusal` or a network error. */
export async function ask(question: string, language: Language, listener: Listener, signal: AbortSignal): Promise<void> {
  const answer = await fetch("/api/v1/chat", {
    method: "POST",
    headers: {
      Accept: "text/event-stream",
      "Accept-Language": language,
      "Content-Type": "application/json",
      "X-Requested-With": "choco",
    },
    body: JSON.stringify({ question, language }),
    signal,
  });
  if (!answer.ok || !answer.body) throw await refusal(answer);
  const reader = answer.body.getReader();
  const decoder = new TextDecoder();
  let kept = "";
  for (;;) {
    const { done, value } = await reader.read();
    const { events, rest } = eventsOf(kept + decoder.decode(value, { stream: !done }));
    kept = rest;
    for (const one of events) tell(one.event, JSON.parse(one.data), listener);
    if (done) return;
  }
}

function tell(event: string, data: unknown, listener: Listener): void {
  if (event === "tool") listener.tool((data as { name: string }).name);
  else if (event === "text") listener.text((data as { text: string }).text);
  else if (event === "facts") listener.facts((data as { facts: Fact[] }).facts);
  else if (event === "done") listener.done(data as Done);
}
