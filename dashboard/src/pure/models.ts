/** Forecasters by the name they give, which says in brackets what they had to do without. */
import type { ModelWords } from "../i18n/areas/models";

function noteText(note: string, own: ModelWords): string {
  const lacking = /^(\S+) needs (\d+) days, (\d+) are known$/.exec(note);
  if (lacking) return own.needs(lacking[1] ?? "", lacking[2] ?? "", lacking[3] ?? "");
  const [model = "", ...rest] = note.split(" ");
  return own.notes[note] ?? own.plain[rest.join(" ")]?.(model) ?? note;
}

/** "naive-kind (a boosting le hacen falta 150 días y hay 3)"; a note that the page does not know stays as it is. */
export function modelText(name: string, own: ModelWords): string {
  const [, model, notes] = /^(\S+) \((.+)\)$/.exec(name) ?? [];
  if (!model || !notes) return name;
  return `${model} (${notes.split("; ").map((note) => noteText(note, own)).join("; ")})`;
}
