"""Questions to the documents as people ask them, with the passages that answer them.

Written before anything was tuned. An answer is a section, or a section and words that stand in the passage,
because a long section is cut into several. The last third of each language was held out: nothing was chosen
on it.
"""

from __future__ import annotations

from dataclasses import dataclass

from chocolate_factory.domain.facts import Language


@dataclass(frozen=True)
class DocumentQuestion:
    """A question, its language, whether it was held out, and what answers it.

    An answer is `document#section`, or words that stand in a passage: `document#section::words` or
    `document::words`.
    """

    text: str
    language: Language
    held_out: bool
    answers: tuple[str, ...]


def asked(
    language: Language, held_out: bool, rows: tuple[tuple[str, tuple[str, ...]], ...]
) -> tuple[DocumentQuestion, ...]:
    """Rows of a language as questions."""
    return tuple(DocumentQuestion(text, language, held_out, answers) for text, answers in rows)


SPANISH = asked("es", False, (
    ("¿Qué es el ahorro frente al plan base y cómo se calcula?",
     ("plans.md#baseline-and-saving", "ledger.md#four-arms-one-week::saving_eur",
      "glossary.md::**saving**")),
    ("¿Qué pasa si falta un precio? ¿Os lo inventáis?",
     ("decisions/0003-no-invented-values.md#decision", "decisions/0003-no-invented-values.md#context",
      "data.md#healing::Nothing is estimated",
      "glossary.md::**hole**")),
    ("¿Cómo hago una copia de seguridad y cómo la recupero?",
     ("operations.md#back-up-and-restore", "commands.md#choco-backup", "commands.md#choco-restore")),
    ("¿Qué horas son punta, llano y valle en la tarifa 2.0TD?", ("tariffs.md#periods::P1 10–14",)),
    ("¿Qué me cobran si paso de la potencia contratada en 3.0TD?",
     ("tariffs.md#power-above-the-contracted-one::highest excess",
      "plans.md#how-the-cost-is-counted::Above 50 kW",
      "glossary.md::**excess power**")),
    ("¿Cómo añado una máquina nueva al fichero de la fábrica?", ("factory.md#machine",)),
    ("¿Cómo aviso de que una máquina está averiada?",
     ("production.md#reporting::out of order", "commands.md#choco-log-fail")),
    ("¿Por qué se mantiene el plan aunque haya otro un poco más barato?",
     ("plans.md#a-plan-that-stands::KEEP_UNLESS_EUR", "plans.md#a-plan-that-stands::Why these numbers",
      "glossary.md::**hysteresis")),
    ("¿Quién puede cambiar cosas y quién solo puede mirar?", ("access.md#who-may-do-what",
      "glossary.md::**viewer, operator")),
    ("¿Cómo creo una clave de acceso para un equipo de la línea?",
     ("access.md#tokens", "commands.md#choco-token-add")),
    ("¿Cómo recibo los avisos por Telegram?", ("alerts.md#alerts::CHOCO_TELEGRAM__TOKEN",)),
    ("¿Qué significa que una serie esté en estado late?", ("data.md#freshness::half an hour ago",
      "glossary.md::**late**")),
    ("¿De qué proveedores salen los precios de la luz?",
     ("sources.md#sources::`omie`", "README.md#chocolate-factory::OMIE",
      "sources.md#which-source-is-asked-first::spot",
      "glossary.md::**source**")),
    ("¿Cómo pongo el calendario del plan en el móvil?",
     ("exports.md#calendar::subscribe", "access.md#tokens::calendar")),
    ("¿Cuándo se cambia el modelo que hace las previsiones por otro mejor?",
     ("models.md#champion-and-challengers::Promoted", "models.md#which-model-serves",
      "glossary.md::**champion")),
    ("¿Qué es la banda del 80 % de una previsión?",
     ("forecasts.md#forecasts::80 % band", "forecasts.md#how-it-works::Nineteen levels",
      "glossary.md::**band**")),
    ("¿Cómo veo qué pasaría si los precios suben un 10 %?",
     ("what-if.md#what-if-choco-plan-what-if-key-value-key-value::price=+10%",)),
    ("¿Se trabaja en los festivos?",
     ("factory.md#shift::holiday", "factory.md#site::holidays", "plans.md#what-a-plan-promises::holidays",
      "glossary.md::**shift**")),
    ("¿Cómo cargo los ficheros de clima del SIAR?",
     ("sources.md#files-and-the-sample::choco import siar", "climate.md#climate-seasons-limits-correlations",
      "commands.md#choco-import")),
    ("¿Por qué se eligió SQLite y no un servidor de base de datos?",
     ("decisions/0001-store.md#context", "decisions/0001-store.md#decision",
      "decisions/0001-store.md#alternatives")),
)) + asked("es", True, (
    ("¿Qué hago si se llena el disco?", ("operations.md#when-things-fail::disk full",)),
    ("¿Cómo apunto que un lote ha terminado?",
     ("production.md#reporting::a step ended", "commands.md#choco-log-finish")),
    ("¿Para qué sirve el peso del riesgo y qué es el CVaR?",
     ("plans.md#range-and-risk::CVaR", "decisions/0013-risk.md#decision",
      "glossary.md::**risk, CVaR**")),
    ("¿Cuándo vuelve a planificar por su cuenta?",
     ("plans.md#when-a-new-plan-is-made-by-itself::first plan", "jobs.md#jobs::plans anew")),
    ("¿Qué diferencia hay entre una semana cerrada y una provisional?",
     ("ledger.md#closed-provisional-incomplete",
      "glossary.md::**closed, provisional")),
    ("¿Cómo pongo horas de silencio para las alertas?",
     ("alerts.md#alerts::QUIET_FROM", "settings.md#settings::QUIET_FROM")),
    ("¿Vale para Canarias o Baleares?", ("tariffs.md#not-covered",)),
    ("¿Cómo sé de qué fuente vino un precio y si fue corregido?",
     ("data.md#provenance", "commands.md#choco-show")),
    ("¿Qué se comprueba de cada frase antes de enseñarla?",
     ("assistant.md#what-is-checked", "decisions/0018-assistant.md#decision")),
    ("¿Cómo indico el tiempo de limpieza al cambiar de un producto a otro?",
     ("factory.md#setup", "plans.md#modes-profiles-and-setups::setups")),
))  # fmt: skip

ENGLISH = asked("en", False, (
    ("What is the captured share?",
     ("ledger.md#four-arms-one-week::captured_share", "plans.md#baseline-and-saving",
      "backtest.md#what-a-forecast-is-worth::captured share",
      "glossary.md::**captured share**")),
    ("How often do the models learn again?",
     ("jobs.md#jobs::every model learns", "models.md#kept-models")),
    ("What does it mean that a run is frozen?", ("plans.md#a-plan-that-stands::listed in `frozen`",
      "glossary.md::**freeze window**")),
    ("How do I install a new version, and what happens if it does not work?", ("operations.md#upgrade",)),
    ("How do I replace a provider's key that leaked?",
     ("secrets.md#rotation", "secrets.md#when-a-secret-got-into-a-commit")),
    ("How do I add a battery to the plant?", ("factory.md#battery", "plans.md#battery-and-photovoltaics")),
    ("What are the modes of a step?",
     ("factory.md#product-and-product-step::has modes", "plans.md#modes-profiles-and-setups",
      "glossary.md::**mode**")),
    ("What does mip_gap tell me?",
     ("plans.md#the-month-so-far::`mip_gap` =",
      "glossary.md::**gap**")),
    ("Where does the weather come from?",
     ("data.md#one-weather-series-from-several-sources", "sources.md#sources::`aemet`",
      "README.md#chocolate-factory::weather")),
    ("How is reactive energy billed?",
     ("tariffs.md#monthly-invoice::Reactive energy", "bills.md#the-load::Reactive energy")),
    ("Can I use InfluxDB in place of the SQLite file?", ("stores.md#stores", "stores.md#influxdb")),
    ("How do I connect Claude Desktop to the factory?", ("assistant.md#for-mcp-clients",)),
    ("When does a nightly job run on the day the clocks change?", ("jobs.md#jobs::Clock changes",)),
    ("What is hindsight in the savings ledger?",
     ("ledger.md#four-arms-one-week::searched from", "ledger.md#closed-provisional-incomplete::hindsight",
      "plans.md#baseline-and-saving",
      "glossary.md::**hindsight**")),
    ("Which VAT rate is applied to the bill?",
     ("tariffs.md#monthly-invoice::VAT: 21 %", "tariffs.md#tables::VAT up to 10 kW")),
    ("How does Prometheus get at the metrics?", ("monitoring.md#monitoring::Prometheus",)),
    ("What does SAMPLE on the screen mean?",
     ("README.md#two-commands::SAMPLE",
      "sources.md#climate-normals::The sample", "operations.md#when-things-fail::SAMPLE",
      "glossary.md::**sample**")),
    ("How much memory does the production machine need?", ("operations.md#operations",)),
    ("Why is Prophet not installed by default?",
     ("forecasts.md#how-it-works::230 MB", "decisions/0010-prophet.md#decision",
      "decisions/0010-prophet.md#alternatives")),
    ("How do I find the best contracted power for my plant?",
     ("bills.md#the-best-contracted-power", "bills.md#the-bill-and-the-best-contracted-power",
      "commands.md#choco-bill")),
)) + asked("en", True, (
    ("What do the score and the grade of an hour mean?", ("advice.md#hourly-advice",
      "glossary.md::**score and grade")),
    ("Can I plan several plants at once?", ("plans.md#a-fleet-of-plants", "commands.md#choco-plan")),
    ("What happens to an order that cannot be finished in time?",
     ("plans.md#what-a-plan-promises::--allow-late",
      "production.md#what-a-plan-does-with-it::They are late")),
    ("What is written to the audit trail, and for how long?", ("access.md#the-audit-trail",)),
    ("How do I print the report of a week?",
     ("insights.md#the-report-of-a-week", "commands.md#choco-report")),
    ("How do you make sure that a backtest does not look into the future?",
     ("backtest.md#what-is-done::What a model sees", "decisions/0002-slots-and-time.md#decision",
      "glossary.md::**leak**")),
    ("At what time do the shifts of the plant begin?",
     ("factory.toml#shift", "business-rules.md#shifts", "factory.md#shift")),
    ("Can two servers work on the same state folder?",
     ("jobs.md#jobs::One at a time", "decisions/0016-jobs.md#consequences",
      "decisions/0001-store.md#decision")),
    ("How do people log in through Tailscale?",
     ("access.md#through-tailscale-and-nginx", "access.md#what-proves-who-you-are::Tailscale")),
    ("Is the power of solar panels used by the plan?",
     ("plans.md#battery-and-photovoltaics", "factory.md#pv")),
))  # fmt: skip

QUESTIONS = (*SPANISH, *ENGLISH)
