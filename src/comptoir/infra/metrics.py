"""What `/metrics` shows (Prometheus text format). Label values come from us, never from callers."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest


class Metrics:
    """One registry per process, passed in, so that two servers in one test do not mix."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "comptoir_http_requests",
            "Requests answered",
            ("route", "method", "status"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "comptoir_http_seconds", "Time to answer", ("route",), registry=self.registry
        )
        self.records = Counter(
            "comptoir_cloudsync_records",
            "Records of uploads, by what became of them",
            ("content", "outcome"),
            registry=self.registry,
        )
        self.store_calls = Counter(
            "comptoir_cloudsync_store_calls",
            "Calls to stores' agents, by outcome",
            ("outcome",),
            registry=self.registry,
        )
        self.stores_driven = Gauge(
            "comptoir_cloudsync_stores_driven", "Stores being driven now", registry=self.registry
        )

        self._answers: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request. A metric's parts are kept: to find one takes longer than to count."""
        parts = self._answers.get((route, method, status))
        if parts is None:
            parts = self.requests.labels(route, method, str(status)), self.seconds.labels(route)
            self._answers[route, method, status] = parts
        parts[0].inc()
        parts[1].observe(seconds)

    def text(self) -> bytes:
        return generate_latest(self.registry)
