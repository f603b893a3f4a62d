/** Server-sent events of an answer, as they come in pieces. */

export interface Said {
  event: string;
  data: string;
}

/** Whole events of a text, and what is left of one that has not ended. */
export function eventsOf(text: string): { events: Said[]; rest: string } {
  const blocks = text.split(/\r?\n\r?\n/);
  const rest = blocks.pop() ?? "";
  const events = blocks.flatMap((block) => {
    const lines = block.split(/\r?\n/).filter((line) => !line.startsWith(":"));
    const valueOf = (name: string): string[] =>
      lines.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).replace(/^ /, ""));
    const data = valueOf("data");
    return data.length > 0 ? [{ event: valueOf("event")[0] ?? "message", data: data.join("\n") }] : [];
  });
  return { events, rest };
}
