// Original file: protos/orchestrator_service.proto

import type { StringValueInput as _google_protobuf_StringValueInput, StringValue as _google_protobuf_StringValue } from './google/protobuf/StringValue.ts';
import type { TimestampInput as _google_protobuf_TimestampInput, Timestamp as _google_protobuf_Timestamp } from './google/protobuf/Timestamp.ts';
import type { OrchestrationIdReusePolicyInput as _OrchestrationIdReusePolicyInput, OrchestrationIdReusePolicy as _OrchestrationIdReusePolicy } from './OrchestrationIdReusePolicy.ts';
import type { TraceContextInput as _TraceContextInput, TraceContext as _TraceContext } from './TraceContext.ts';

export interface CreateInstanceRequestInput {
  'instanceId'?: (string);
  'name'?: (string);
  'version'?: (_google_protobuf_StringValueInput | null);
  'input'?: (_google_protobuf_StringValueInput | null);
  'scheduledStartTimestamp'?: (_google_protobuf_TimestampInput | null);
  'orchestrationIdReusePolicy'?: (_OrchestrationIdReusePolicyInput | null);
  'executionId'?: (_google_protobuf_StringValueInput | null);
  'tags'?: ({[key: string]: string});
  'parentTraceContext'?: (_TraceContextInput | null);
  'requestTime'?: (_google_protobuf_TimestampInput | null);
}

export interface CreateInstanceRequest {
  'instanceId': (string);
  'name': (string);
  'version': (_google_protobuf_StringValue | null);
  'input': (_google_protobuf_StringValue | null);
  'scheduledStartTimestamp': (_google_protobuf_Timestamp | null);
  'orchestrationIdReusePolicy': (_OrchestrationIdReusePolicy | null);
  'executionId': (_google_protobuf_StringValue | null);
  'tags': ({[key: string]: string});
  'parentTraceContext': (_TraceContext | null);
  'requestTime': (_google_protobuf_Timestamp | null);
}
