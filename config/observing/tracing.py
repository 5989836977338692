"""Traces of requests, queries and jobs, sent by OpenTelemetry's protocol.

Imported only if ``OTEL_EXPORTER_OTLP_ENDPOINT`` is set; the other variables of OpenTelemetry are
read by its own package. The spans are made when everything is over, of what the desk has measured
itself, so nothing is sent that is not named here: no path, no parameter, no value of a query.
"""

import os

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue

from config.observing.jobs import ObservedJob
from config.observing.requests import FinishedRequest
from config.observing.running import Query
from config.release import release

DEFAULT_SERVICE_NAME = "returns-desk"
MAX_SQL = 2_000  # characters
NANOSECONDS = 1_000_000_000
FAILED_STATUS = 500

tracer = trace.get_tracer("returns-desk")


def start_traces(role: str) -> None:
    """Send traces from this process. ``OTEL_SERVICE_NAME`` overrides the name of the service."""
    attributes: dict[str, AttributeValue] = {
        "service.version": release(),
        "returns_desk.role": role,
    }
    named = os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    if "OTEL_SERVICE_NAME" not in os.environ and "service.name=" not in named:
        attributes["service.name"] = DEFAULT_SERVICE_NAME
    provider = TracerProvider(resource=Resource.create(attributes))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)


def stop_traces() -> None:
    """Send what has not been sent yet, before the process ends."""
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        provider.shutdown()


def trace_request(finished: FinishedRequest) -> None:
    """Make the span of a request, in the trace that the proxy began, and those of its queries."""
    running = finished.running
    attributes: dict[str, AttributeValue] = {
        "http.request.method": finished.method,
        "http.route": finished.route,
        "http.response.status_code": finished.status,
        "returns_desk.view": finished.view,
        "returns_desk.request": running.id,
        "returns_desk.queries": running.queries,
        "returns_desk.database_ms": round(running.database_seconds * 1000, 1),
    }
    if finished.person is not None:
        attributes["enduser.id"] = str(finished.person)
    headers = {"traceparent": running.request.META.get("HTTP_TRACEPARENT", "")}
    span = tracer.start_span(
        f"{finished.method} {finished.route}",
        context=TraceContextTextMapPropagator().extract(headers),
        kind=SpanKind.SERVER,
        attributes=attributes,
        start_time=_nanoseconds(running.began_at),
    )
    if finished.status >= FAILED_STATUS:
        span.set_status(Status(StatusCode.ERROR))
    for query in running.kept_queries:
        _trace_query(query, span)
    span.end(_nanoseconds(running.began_at + finished.seconds))


def trace_job(job: ObservedJob) -> None:
    """Make the span of a job of the background work, if there was anything to do."""
    if not (job.was_needed or job.has_failed):
        return
    span = tracer.start_span(
        f"job {job.name}",
        attributes={"returns_desk.job": job.name},
        start_time=_nanoseconds(job.began_at),
    )
    if job.has_failed:
        span.set_status(Status(StatusCode.ERROR))
    span.end(_nanoseconds(job.began_at + job.seconds))


def _trace_query(query: Query, parent: trace.Span) -> None:
    operation = query.sql.split(maxsplit=1)[0].upper() if query.sql.strip() else "QUERY"
    span = tracer.start_span(
        operation,
        context=trace.set_span_in_context(parent),
        kind=SpanKind.CLIENT,
        attributes={"db.system.name": "postgresql", "db.query.text": query.sql[:MAX_SQL]},
        start_time=_nanoseconds(query.began_at),
    )
    span.end(_nanoseconds(query.began_at + query.seconds))


def _nanoseconds(seconds: float) -> int:
    return int(seconds * NANOSECONDS)
