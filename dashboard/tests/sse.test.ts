import { describe, expect, it } from "vitest";

import { eventsOf } from "../src/pure/sse";

describe("events of a stream", () => {
  const text = 'event: tool\ndata: {"name":"windows"}\n\n: still here\n\nevent: text\r\ndata: {"text":"a"}\r\n\r\nevent: done\ndata: {\ndata: "x": 1}\n\n';

  it("are read whole, comments left out, lines of data joined", () => {
    const { events, rest } = eventsOf(text);
    expect(rest).toBe("");
    expect(events.map((one) => one.event)).toEqual(["tool", "text", "done"]);
    expect(JSON.parse(events[2]?.data ?? "")).toEqual({ x: 1 });
  });

  it("come out the same however the text is cut", () => {
    for (let cut = 0; cut <= text.length; cut += 1) {
      const first = eventsOf(text.slice(0, cut));
      const second = eventsOf(first.rest + text.slice(cut));
      expect([...first.events, ...second.events]).toEqual(eventsOf(text).events);
    }
  });
});
