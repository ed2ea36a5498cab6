"""Numbers about running, for Prometheus: requests, jobs, sync."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()

requests = Counter("sri_requests", "Requests answered", ["endpoint", "method", "status"], registry=REGISTRY)
request_seconds = Histogram("sri_request_seconds", "Server time of a request", ["endpoint"], registry=REGISTRY)
sync_changes = Counter("sri_sync_changes", "Changes applied", ["direction"], registry=REGISTRY)
sync_last_contact = Gauge("sri_sync_last_contact_seconds", "When the hub was last reached", registry=REGISTRY)
set_aside = Gauge("sri_sync_set_aside", "Records waiting for a person", registry=REGISTRY)
missing_translations = Gauge("sri_missing_translations", "Sentences shown in a fallback language", registry=REGISTRY)
