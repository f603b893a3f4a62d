/** Alerts in words: what the server gives is a kind and facts. */
import type { Answer } from "../api";
import { named, type Words } from "../i18n";
import type { AlertWords } from "../i18n/areas/alerts";
import { decimal, eur, eurKwh, eurMwh, kw, list } from "./format";
import { clock, dayClock, dayShort, daysApart, type Place } from "./time";

export type Alert = Answer<"/api/v1/insights/alerts">["alerts"][number];
export type Severity = Alert["severity"];
type Fact = Alert["facts"][string];

export interface Said {
  title: string;
  text: string;
  /** Why a source fails, as the server says it. */
  quoted: string;
}

interface Voice {
  words: Words;
  own: AlertWords;
  place: Place;
  now: number;
}

const NOTHING = "–";

/** Facts as people read them; what is not known is a dash. */
function reader(facts: Record<string, Fact>, { words, place }: Voice) {
  const { locale } = words;
  const number = (name: string): number | null => (typeof facts[name] === "number" ? facts[name] : null);
  const shown = (name: string, say: (value: number) => string): string => {
    const value = number(name);
    return value === null ? NOTHING : say(value);
  };
  return {
    number,
    is: (name: string): boolean => facts[name] === true,
    text: (name: string): string => (typeof facts[name] === "string" ? facts[name] : ""),
    names: (name: string, dictionary: Record<string, string>): string => {
      const value = facts[name];
      return Array.isArray(value) ? list(value.map((one) => named(dictionary, one)), locale) : "";
    },
    kwh: (name: string): string => shown(name, (value) => eurKwh(value, locale)),
    mwh: (name: string): string => shown(name, (value) => eurMwh(value, locale)),
    eur: (name: string): string => shown(name, (value) => eur(value, locale)),
    kw: (name: string): string => shown(name, (value) => kw(value, locale)),
    degrees: (name: string): string => shown(name, (value) => `${decimal(value, locale, value % 1 === 0 ? 0 : 1)}\u00a0°C`),
    percent: (name: string): string => shown(name, (value) => `${decimal(value, locale, 0)}\u00a0%`),
    hours: (name: string): string => shown(name, (value) => `${decimal(value, locale, value % 1 === 0 ? 0 : value % 0.5 === 0 ? 1 : 2)}\u00a0h`),
    count: (name: string): number => number(name) ?? 0,
    clock: (name: string): string => (typeof facts[name] === "string" ? clock(Date.parse(facts[name]), place) : NOTHING),
    dayClock: (name: string): string => (typeof facts[name] === "string" ? dayClock(Date.parse(facts[name]), place) : NOTHING),
  };
}

/** "hoy", "mañana" or "jue 12" for a local day as the API writes it; the text itself where it is no day. */
export function dayWord(subject: string, { own, place, now }: Pick<Voice, "own" | "place" | "now">): string {
  if (!/^\d{4}-\d\d-\d\d$/.test(subject)) return subject;
  const noon = Date.parse(`${subject}T12:00:00Z`);
  const apart = daysApart(now, noon, place.zone);
  return apart === 0 ? own.today : apart === 1 ? own.tomorrow : dayShort(noon, place);
}

function knownWord(share: number | null, own: AlertWords): string {
  if (share === null || share >= 1) return "";
  return share > 0 ? own.partlyForecast : own.forecast;
}

function lateText(alert: Alert, voice: Voice): [string, string] {
  const { own, words } = voice;
  const facts = reader(alert.facts, voice);
  const state = facts.text("state");
  const failing = state === "failing" ? own.late.failing : "";
  const series = named(words.data.series, alert.subject);
  if (!facts.text("known_until")) return [own.late.title(series), `${own.late.nothing} ${failing}`.trim()];
  const missing = facts.count("missing_slots");
  const until = own.late.until(facts.dayClock("known_until"), missing > 0 ? words.data.holes(missing) : "");
  return [own.late.title(series), `${until} ${failing}`.trim()];
}

const TELL: Record<Alert["kind"], (alert: Alert, voice: Voice) => [title: string, text: string]> = {
  price_spike: (alert, voice) => {
    const { own } = voice;
    const facts = reader(alert.facts, voice);
    const known = knownWord(facts.number("published_share"), own);
    const text = own.spike.text(facts.kwh("max_eur_kwh"), facts.clock("max_at"), facts.hours("hours"), facts.kwh("bound_eur_kwh"));
    return [own.spike.title(dayWord(alert.subject, voice)), `${text} ${known}`.trim()];
  },
  negative_price: (alert, voice) => {
    const { own } = voice;
    const facts = reader(alert.facts, voice);
    const known = knownWord(facts.number("published_share"), own);
    const text = own.negative.text(facts.mwh("min_eur_mwh"), facts.clock("min_at"), facts.hours("hours"), facts.kwh("min_paid_eur_kwh"));
    return [own.negative.title(dayWord(alert.subject, voice)), `${text} ${known}`.trim()];
  },
  cheap_window: (alert, voice) => {
    const { own } = voice;
    const facts = reader(alert.facts, voice);
    const known = knownWord(facts.number("published_share"), own);
    const text = own.cheap.text(facts.hours("hours"), facts.kwh("mean_eur_kwh"), facts.percent("below_mean_percent"));
    const title = own.cheap.title(dayWord(alert.subject, voice), facts.clock("opens_at"), facts.clock("ends_at"));
    return [title, `${text} ${known}`.trim()];
  },
  heat: (alert, voice) => {
    const { own, words } = voice;
    const facts = reader(alert.facts, voice);
    const what = facts.names("processes", words.processes);
    const text = own.heat.text(facts.degrees("max_c"), facts.clock("max_at"), facts.hours("hours"), facts.degrees("limit_c"), what);
    return [own.heat.title(dayWord(alert.subject, voice)), text];
  },
  excess_power: (alert, voice) => {
    const { own } = voice;
    const facts = reader(alert.facts, voice);
    const text = own.excess.text(facts.kw("max_kw"), facts.clock("max_at"), facts.kw("over_kw"), facts.kw("contracted_kw"), facts.text("period"));
    return [own.excess.title(dayWord(alert.subject, voice), facts.hours("hours")), text];
  },
  late_data: lateText,
  source_failing: (alert, voice) => {
    const facts = reader(alert.facts, voice);
    return [voice.own.failing.title(alert.subject), voice.own.failing.text(facts.hours("hours"))];
  },
  plan_changed: (alert, voice) => {
    const { own } = voice;
    const facts = reader(alert.facts, voice);
    const cheaper = facts.number("cheaper_eur");
    const change = own.changed.text(facts.count("moved"), facts.count("added"), facts.count("dropped"));
    const money = eur(Math.abs(cheaper ?? 0), voice.words.locale);
    const worth = cheaper === null ? own.changed.forced : cheaper >= 0 ? own.changed.cheaper(money) : own.changed.dearer(money);
    return [own.changed.title(facts.dayClock("issued_at")), `${change} ${worth}`];
  },
  plan_missing: (alert, { own, place }) => [
    own.missing.title,
    alert.since ? own.missing.since(dayClock(Date.parse(alert.since), place)) : own.missing.never,
  ],
  plan_infeasible: (alert, voice) => {
    const { own, words } = voice;
    const facts = reader(alert.facts, voice);
    if (!facts.is("proven")) return [own.infeasible.notFound, own.infeasible.time];
    return [own.infeasible.title, own.infeasible.text(facts.count("conflicts"), facts.names("products", words.products))];
  },
  plan_late: (alert, voice) => {
    const { own, words } = voice;
    const facts = reader(alert.facts, voice);
    return [own.planLate.title(facts.count("batches")), own.planLate.text(facts.dayClock("first_due_at"), facts.names("products", words.products))];
  },
  model_worse: (alert, voice) => {
    const { own, words } = voice;
    const facts = reader(alert.facts, voice);
    const text = own.worse.text(facts.mwh("recent_mae_eur_mwh"), facts.mwh("former_mae_eur_mwh"), facts.mwh("month_kind_mae_eur_mwh"));
    return [own.worse.title(named(words.data.series, alert.subject)), text];
  },
  sample: (_, { words }) => [words.sample, words.sampleText],
};

/** An alert as title and sentence; a kind that the page does not know is told as the server tells it. */
export function sayAlert(alert: Alert, voice: Voice): Said {
  const tell = Object.hasOwn(TELL, alert.kind) ? TELL[alert.kind] : null;
  if (!tell) return { title: alert.text, text: "", quoted: "" };
  const [title, text] = tell(alert, voice);
  const reason = alert.kind === "source_failing" ? alert.facts["reason"] : "";
  return { title, text, quoted: typeof reason === "string" ? reason : "" };
}

/** What is shown openly and what waits behind a word: only what is critical is open. */
export function byPressure(alerts: Alert[]): { open: Alert[]; rest: Alert[] } {
  return { open: alerts.filter((one) => one.severity === "critical"), rest: alerts.filter((one) => one.severity !== "critical") };
}
