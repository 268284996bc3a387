"""Compares our .proto with the descriptors inside the published PyPI package.

usage: compare_descriptors.py PROTO_FOLDER PROTO_FILE

Our file is compiled by protoc. Every message, field, oneof, enum value, reserved number and rpc is one check, in both
directions: what only one side has is a failure, except for ONLY_THEIRS. JSON names are left out: the package's
descriptors don't hold them, and they follow from the fields' names. The last line is "N passed, N failed".
"""

import sys
import tempfile
from pathlib import Path

from durabletask.internal import orchestrator_service_pb2
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet
from grpc_tools import protoc

# What only the package has, with the value that it has there, and why we do without.
ONLY_THEIRS = {
    # Newer than the protocol that we follow, and set by nothing in the package. A server passes over it, as over every
    # unknown field: workers say who they are in the metadata key "workerid".
    "field GetWorkItemsRequest.worker_instance_id": (12, "TYPE_STRING", "", "LABEL_OPTIONAL", None, False, b""),
}


def compile_ours(folder, file):
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "set"
        include = Path(protoc.__file__).parent / "_proto"
        code = protoc.main(["protoc", f"-I{folder}", f"-I{include}", f"--descriptor_set_out={out}", file])
        if code != 0:
            sys.exit(f"protoc ended with {code}")
        return FileDescriptorSet.FromString(out.read_bytes()).file[0]


def published():
    file = FileDescriptorProto()
    orchestrator_service_pb2.DESCRIPTOR.CopyToProto(file)
    return file


def facts_of_message(prefix, message):
    """Everything that a message says about the wire, as (what, value) pairs."""
    name = f"{prefix}{message.name}"
    yield f"message {name}", message.options.SerializeToString()
    for field in message.field:
        oneof = message.oneof_decl[field.oneof_index].name if field.HasField("oneof_index") else None
        yield f"field {name}.{field.name}", (
            field.number,
            FieldDescriptorProto.Type.Name(field.type),
            field.type_name,
            FieldDescriptorProto.Label.Name(field.label),
            oneof,
            field.proto3_optional,
            field.options.SerializeToString(),
        )
    for oneof in message.oneof_decl:
        yield f"oneof {name}.{oneof.name}", True
    for reserved in message.reserved_range:
        yield f"reserved {name} {reserved.start}", reserved.end
    for nested in message.nested_type:
        yield from facts_of_message(f"{name}.", nested)
    for enum in message.enum_type:
        yield from facts_of_enum(f"{name}.", enum)


def facts_of_enum(prefix, enum):
    yield f"enum {prefix}{enum.name}", enum.options.SerializeToString()
    for value in enum.value:
        yield f"enum value {prefix}{enum.name}.{value.name}", value.number


def facts_of_service(service):
    for method in service.method:
        yield f"rpc {service.name}.{method.name}", (
            method.input_type,
            method.output_type,
            method.client_streaming,
            method.server_streaming,
        )


def facts_of(file):
    facts = {"package": file.package, "syntax": file.syntax}
    for message in file.message_type:
        facts.update(facts_of_message("", message))
    for enum in file.enum_type:
        facts.update(facts_of_enum("", enum))
    for service in file.service:
        facts.update(facts_of_service(service))
    return facts


def main():
    folder, file = sys.argv[1:]
    ours, theirs = facts_of(compile_ours(folder, file)), facts_of(published())
    passed = failed = 0
    for what in sorted(ours.keys() | theirs.keys() | ONLY_THEIRS.keys()):
        if what in ONLY_THEIRS and what not in ours and theirs.get(what) == ONLY_THEIRS[what]:
            print(f"{what}: only theirs, as expected")
            passed += 1
        elif what not in ONLY_THEIRS and ours.get(what) == theirs.get(what):
            passed += 1
        else:
            failed += 1
            print(f"{what}: ours {ours.get(what, 'is missing')}, theirs {theirs.get(what, 'is missing')}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
