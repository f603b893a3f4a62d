import { onMounted, onUnmounted, ref, type Ref } from "vue";

export const TOPICS = ["prices", "plan", "data", "production", "savings", "models", "activity", "alerts"] as const;
export type Topic = (typeof TOPICS)[number];
type Listener = () => void;

export interface News {
  /** Calls back when the server says that one of the topics changed; returns how to stop it. */
  on: (topics: readonly Topic[], listener: Listener) => () => void;
  /** Whether the stream of news is open; without it the page reads again by the clock. */
  live: Ref<boolean>;
}

const JOINED_MS = 150;
/** A browser gives up a stream that is answered with an error, as by a proxy whose server starts anew. */
const REOPEN_MS = 15_000;

/** The stream of news at /api/v1/events, open while the page is visible. */
export function useNews(): News {
  const live = ref(false);
  const listeners = new Map<Listener, readonly Topic[]>();
  const waiting = new Set<Topic>();
  let stream: EventSource | null = null;
  let timer = 0;
  let reopening = 0;
  let dropped = false;

  function tell(topics: readonly Topic[]): void {
    for (const topic of topics) waiting.add(topic);
    window.clearTimeout(timer);
    timer = window.setTimeout(() => {
      const changed = new Set(waiting);
      waiting.clear();
      for (const [listener, wanted] of [...listeners]) if (wanted.some((topic) => changed.has(topic))) listener();
    }, JOINED_MS);
  }

  function open(): void {
    if (stream || document.hidden) return;
    stream = new EventSource("/api/v1/events");
    stream.addEventListener("open", () => {
      live.value = true;
      // What could not be read meanwhile is read now, although nothing may have changed.
      if (dropped) tell(TOPICS);
      dropped = false;
    });
    stream.addEventListener("error", () => {
      live.value = false;
      dropped = true;
      if (stream?.readyState !== EventSource.CLOSED) return;
      stream = null;
      reopening = window.setTimeout(open, REOPEN_MS);
    });
    stream.addEventListener("changed", (event) => {
      const said = JSON.parse((event as MessageEvent<string>).data) as { topics: Topic[] };
      tell(said.topics);
    });
  }

  function close(): void {
    window.clearTimeout(reopening);
    stream?.close();
    stream = null;
    live.value = false;
  }

  function onVisibility(): void {
    if (document.hidden) close();
    else {
      open();
      tell(TOPICS);
    }
  }

  onMounted(() => {
    document.addEventListener("visibilitychange", onVisibility);
    open();
  });
  onUnmounted(() => {
    document.removeEventListener("visibilitychange", onVisibility);
    window.clearTimeout(timer);
    close();
  });
  return {
    live,
    on: (topics, listener) => {
      listeners.set(listener, topics);
      return () => listeners.delete(listener);
    },
  };
}
