"""Traces: the server passes the context of a trace on, so that the spans that the package makes belong together."""

from datetime import timedelta

from hub import HubTest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter


def step(_, value):
    return value


def parent(context, value):
    yield context.call_activity(step, input=value)
    yield context.create_timer(timedelta(milliseconds=50))
    return (yield context.call_sub_orchestrator("child", input=value))


def child(context, value):
    return (yield context.call_activity(step, input=value))


def generations(context, left):
    yield context.call_activity(step, input=left)
    if left > 1:
        context.continue_as_new(left - 1)


class Traces(HubTest):
    @classmethod
    def setUpClass(cls):
        cls.spans = InMemorySpanExporter()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(cls.spans))
        trace.set_tracer_provider(provider)

    def setUp(self):
        super().setUp()
        self.hub.work(orchestrators=[parent, child, generations], activities=[step])

    def start_traced(self, orchestrator, value):
        """Starts an instance within a span; gives the ids of the instance and of its trace."""
        with trace.get_tracer("test").start_as_current_span("request") as request:
            return self.hub.start(orchestrator, value), request.get_span_context().trace_id

    def paths(self, trace_id):
        """Each span of the trace as the names from its root to itself, in alphabetical order."""
        finished = self.spans.get_finished_spans()
        spans = {span.context.span_id: span for span in finished if span.context.trace_id == trace_id}

        def path(span):
            # What is not finished yet is not there.
            above = spans.get(span.parent.span_id) if span.parent else None
            return [*(path(above) if above else []), span.name]

        return sorted(" > ".join(path(span)) for span in spans.values())

    def test_activities_timers_and_children_are_one_tree_below_who_started_the_orchestration(self):
        _, trace_id = self.start_traced(parent, 1)

        # The package makes one span where something is asked for, and one of the same name where it is done.
        started = "request > create_orchestration:parent"
        run = f"{started} > orchestration:parent"
        asked = f"{run} > orchestration:child"
        ran = f"{asked} > orchestration:child"
        expected = [
            *("request", started, run),
            *(f"{run} > activity:step", f"{run} > activity:step > activity:step"),
            f"{run} > orchestration:parent:timer",
            *(asked, ran, f"{ran} > activity:step", f"{ran} > activity:step > activity:step"),
        ]
        self.assert_becomes(lambda: self.paths(trace_id), sorted(expected))

    def test_every_generation_belongs_to_the_trace_of_the_first(self):
        _, trace_id = self.start_traced(generations, 3)

        run = "request > create_orchestration:generations > orchestration:generations"
        done = f"{run} > activity:step > activity:step"
        self.assert_becomes(lambda: self.paths(trace_id).count(done), 3)

    def test_traces_of_instances_that_run_together_stay_apart(self):
        both = [self.start_traced(child, value) for value in (1, 2)]

        for instance_id, trace_id in both:
            self.assert_completed(self.hub.end(instance_id))
            # The three of the start, and the two of its activity.
            self.assert_becomes(lambda: len(self.paths(trace_id)), 5)
