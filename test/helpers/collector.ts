import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import protobuf from 'protobufjs';

/** What tests look at of a span, as it came. */
export interface CollectedSpan {
  readonly traceId: string;
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly name: string;
  readonly kind: number;
  readonly ms: number;
  readonly attributes: Readonly<Record<string, string | number>>;
  /** `service.name` of the sender. */
  readonly service: string;
}

interface AnyValue {
  readonly stringValue?: string;
  readonly intValue?: number;
  readonly doubleValue?: number;
}
interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}
interface Request {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly KeyValue[] };
    readonly scopeSpans: readonly {
      readonly spans: readonly {
        readonly traceId: Buffer;
        readonly traceState: string;
        readonly parentSpanId: Buffer;
        readonly name: string;
        readonly kind: number;
        readonly startTimeUnixNano: number;
        readonly endTimeUnixNano: number;
        readonly attributes: readonly KeyValue[];
      }[];
    }[];
  }[];
}

/** The part of OTLP that spans of ours have. */
const requestType = protobuf
  .parse(
    `syntax = "proto3";
     message AnyValue { oneof value { string string_value = 1; int64 int_value = 3; double double_value = 4; } }
     message KeyValue { string key = 1; AnyValue value = 2; }
     message Resource { repeated KeyValue attributes = 1; }
     message Span {
       bytes trace_id = 1; string trace_state = 3; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
       fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9;
     }
     message ScopeSpans { repeated Span spans = 2; }
     message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
     message Request { repeated ResourceSpans resource_spans = 1; }`,
  )
  .root.lookupType('Request');

/** An OpenTelemetry collector that takes spans by OTLP over HTTP and keeps them. */
export class Collector implements AsyncDisposable {
  readonly spans: CollectedSpan[] = [];
  readonly #server: Server;

  static async open(): Promise<Collector> {
    const collector = new Collector();
    collector.#server.listen(0, '127.0.0.1');
    await once(collector.#server, 'listening');
    return collector;
  }

  private constructor() {
    this.#server = createServer((request, response) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => {
        if (request.url === '/v1/traces') this.spans.push(...spansOf(Buffer.concat(pieces)));
        response.end();
      });
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}

function spansOf(body: Buffer): CollectedSpan[] {
  const options = { longs: Number, defaults: true, arrays: true };
  const { resourceSpans } = requestType.toObject(requestType.decode(body), options) as Request;
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans
      .flatMap(({ spans }) => spans)
      .map(({ traceId, parentSpanId, startTimeUnixNano, endTimeUnixNano, attributes, ...rest }) => ({
        ...rest,
        traceId: Buffer.from(traceId).toString('hex'),
        parentSpanId: Buffer.from(parentSpanId).toString('hex'),
        ms: (endTimeUnixNano - startTimeUnixNano) / 1e6,
        attributes: toRecord(attributes),
        service: String(toRecord(resource.attributes)['service.name']),
      })),
  );
}

function toRecord(attributes: readonly KeyValue[]): Record<string, string | number> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue ?? value.doubleValue ?? '']),
  );
}
