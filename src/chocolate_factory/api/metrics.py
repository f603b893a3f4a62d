"""`/metrics`: requests of this process, and what is stored, in the text format of Prometheus."""

from __future__ import annotations

import time
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chocolate_factory.api.request_ids import route_of
from chocolate_factory.services.choose_world import World
from chocolate_factory.services.read_metrics import read_metrics

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)


class Stored(Collector):
    """What is stored, read when it is asked for."""

    def __init__(self, world: World) -> None:
        self._world = world

    def collect(self) -> Iterable[Metric]:
        """Every figure as a gauge."""
        for metric in read_metrics(self._world):
            family = GaugeMetricFamily(metric.name, metric.meaning, labels=metric.labels)
            for labels, value in metric.values:
                family.add_metric(labels, value)
            yield family


class Figures:
    """The registry of an app."""

    def __init__(self, world: World) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(Stored(world))
        self.requests = Counter(
            "choco_http_requests", "requests answered", ["route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "choco_http_seconds",
            "time until an answer began",
            ["route"],
            registry=self.registry,
            buckets=BUCKETS,
        )


class Counted:
    """Counts requests by the route they came to, never by their address."""

    def __init__(self, app: ASGIApp, figures: Figures) -> None:
        self.app = app
        self._figures = figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()

        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = route_of(scope)
                self._figures.requests.labels(route, str(message["status"])).inc()
                self._figures.seconds.labels(route).observe(time.perf_counter() - began)
            await send(message)

        await self.app(scope, receive, counting)
