// Spans of the server by OTLP. Nothing here is loaded unless it is switched on.

import { setTimeout as pause } from 'node:timers/promises';
import {
  type Attributes,
  type Context,
  diag,
  DiagLogLevel,
  ROOT_CONTEXT,
  SpanKind,
  trace,
} from '@opentelemetry/api';
import { parseTraceParent, TraceState } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import {
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceNameEnvDetector,
} from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { type Logger } from './log.ts';
import { type Spans, type TraceParent } from './spans.ts';

interface SpanOptions {
  /** Base URL of a collector; spans go to its path /v1/traces. */
  readonly endpoint: string;
  readonly version: string;
  readonly log: Logger;
}

interface FinishedSpan {
  readonly name: string;
  readonly kind: SpanKind;
  readonly ms: number;
  readonly parent: Context;
  readonly attributes: Attributes;
}

const CLOSE_MS = 2_000;

/**
 * Sends spans in batches, in the background; when the collector can't keep up, the newest are dropped. Headers and
 * resource attributes come from OTEL_EXPORTER_OTLP_HEADERS, OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME.
 */
export function openSpans(options: SpanOptions): Spans {
  const { endpoint, version, log } = options;
  const provider = openProvider(options);
  const tracer = provider.getTracer('perdura', version);
  const record = ({ name, kind, ms, parent, attributes }: FinishedSpan): void => {
    const endMs = Date.now();
    tracer.startSpan(name, { kind, attributes, startTime: endMs - ms }, parent).end(endMs);
  };
  return {
    committed(writes, ms, queuedMs) {
      const attributes = { 'perdura.writes': writes, 'perdura.lane_wait_ms': queuedMs };
      record({ name: 'commit', kind: SpanKind.INTERNAL, ms, parent: ROOT_CONTEXT, attributes });
    },
    dispatched({ kind, hub, instanceId, name, taskId, waitedMs, parent }) {
      const context = contextOf(parent);
      if (!context) return;
      record({
        name: `dispatch:${name}`,
        kind: SpanKind.PRODUCER,
        ms: waitedMs,
        parent: context,
        attributes: {
          'perdura.task_hub': hub,
          'durabletask.type': kind,
          'durabletask.task.name': name,
          'durabletask.task.instance_id': instanceId,
          ...(taskId !== undefined && { 'durabletask.task.task_id': taskId }),
        },
      });
    },
    waited({ until, hub, instanceId, ms, parent }) {
      const name = until === 'started' ? 'wait_for_start' : 'wait_for_completion';
      const attributes = { 'perdura.task_hub': hub, 'durabletask.task.instance_id': instanceId };
      record({ name, kind: SpanKind.SERVER, ms, parent: contextOf(parent) ?? ROOT_CONTEXT, attributes });
    },
    async close() {
      const late = pause(CLOSE_MS, undefined, { ref: false }).then(() => {
        throw new Error(`the collector at ${endpoint} did not take them in time`);
      });
      await Promise.race([provider.shutdown(), late]).catch((error: unknown) => {
        log.warn({ err: error }, 'tracing: the last spans could not be sent');
      });
    },
  };
}

function openProvider({ endpoint, version, log }: SpanOptions): TracerProvider {
  const warn = (message: string, ...rest: unknown[]): void => {
    log.warn({ rest }, `tracing: ${message}`);
  };
  diag.setLogger(
    { error: warn, warn, info: () => undefined, debug: () => undefined, verbose: () => undefined },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  const ours = resourceFromAttributes({ 'service.name': 'perdura', 'service.version': version });
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces` });
  const fromEnvironment = detectResources({
    detectors: [resourceAttributesEnvDetector, serviceNameEnvDetector],
  });
  return new TracerProvider({
    resource: ours.merge(fromEnvironment),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  });
}

/** Undefined for what isn't there or isn't a trace context. */
function contextOf(parent: TraceParent | undefined): Context | undefined {
  const context = parent && parseTraceParent(parent.traceParent);
  if (!context) return undefined;
  const { traceState } = parent;
  return trace.setSpanContext(ROOT_CONTEXT, {
    ...context,
    isRemote: true,
    ...(traceState !== undefined && { traceState: new TraceState(traceState) }),
  });
}
