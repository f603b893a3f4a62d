import { refusal } from "./api";
import type { components } from "./api.gen";
import type { Language } from "./i18n";
import { eventsOf } from "./pure/sse";

type Schemas = components["schemas"];
export type Fact = Schemas["ChatFact"];
export type Done = Schemas["ChatDone"];
export type Asked = Pick<Schemas["ChatQuestion"], "question" | "language" | "conversation">;

/** Data of each event of an answer, by its name. */
interface Told {
  tool: Schemas["ChatTool"];
  text: Schemas["ChatText"];
  facts: Schemas["ChatFacts"];
  done: Done;
}

export type Listener = { [Name in Schemas["ChatEvent"]["event"]]: (data: Told[Name]) => void };

/** Asks a question and tells what comes back as it comes; throws `Refusal` or a network error. */
export async function ask(asked: Asked, language: Language, listener: Listener, signal: AbortSignal): Promise<void> {
  const answer = await fetch("/api/v1/chat", {
    method: "POST",
    headers: {
      Accept: "text/event-stream",
      "Accept-Language": language,
      "Content-Type": "application/json",
      "X-Requested-With": "choco",
    },
    body: JSON.stringify(asked),
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
    for (const one of events) tell(one.event, one.data, listener);
    if (done) return;
  }
}

function tell(event: string, data: string, listener: Listener): void {
  if (Object.hasOwn(listener, event)) listener[event as keyof Listener](JSON.parse(data) as never);
}
