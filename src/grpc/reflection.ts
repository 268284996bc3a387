import { type Server, type ServiceDefinition, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { loadDescriptors } from '../protocol/service.ts';

type PackageDefinition = ReturnType<typeof loadDescriptors>;

/** What of the reflection protocol's messages has names in it. */
interface Request {
  fileContainingSymbol?: string;
}
interface Response {
  listServicesResponse?: { service: { name: string }[] } | null;
}

/**
 * Lets tools such as grpcurl list and call the services without their .proto. That of the SDKs has no package, and the
 * library writes names without a package with a dot in front, which no client does: here the dot comes and goes.
 */
export function addReflection(server: Server): void {
  const reflection = new ReflectionService(withImport(loadDescriptors()));
  reflection.addToServer({
    addService(service: ServiceDefinition, implementation: UntypedServiceImplementation) {
      server.addService(withoutDots(service), implementation);
    },
  });
}

/** protobufjs gathers each package in one file, and leaves out that ours import the well-known types. */
function withImport(descriptors: PackageDefinition): PackageDefinition {
  const nameOf = (file: Buffer): string => file.subarray(2, 2 + (file[1] ?? 0)).toString('latin1');
  const imports = (file: Buffer): boolean => nameOf(file) !== 'google_protobuf.proto';
  const complete = (file: Buffer): Buffer => (imports(file) ? Buffer.concat([file, IMPORT]) : file);
  const definitions = Object.entries(descriptors).map(([name, definition]) => {
    const files: unknown = definition.fileDescriptorProtos;
    if (!Array.isArray(files)) return [name, definition] as const;
    return [name, { ...definition, fileDescriptorProtos: (files as Buffer[]).map(complete) }] as const;
  });
  return Object.fromEntries(definitions) as PackageDefinition;
}

/** FileDescriptorProto.dependency = 3; fields may be appended to a message. */
const IMPORT = Buffer.from('\x1a\x15google_protobuf.proto');

function withoutDots(service: ServiceDefinition): ServiceDefinition {
  const methods = Object.entries(service).map(([name, method]) => {
    const { requestDeserialize, responseSerialize } = method;
    const adapted = {
      ...method,
      requestDeserialize: (bytes: Buffer) => withDot(requestDeserialize(bytes) as Request),
      responseSerialize: (response: Response) => responseSerialize(withoutDot(response)),
    };
    return [name, adapted] as const;
  });
  return Object.fromEntries(methods);
}

function withDot(request: Request): Request {
  const symbol = request.fileContainingSymbol;
  const hasPackage = symbol === undefined || symbol === '' || /^(google|perdura)\./.test(symbol);
  return hasPackage ? request : { ...request, fileContainingSymbol: `.${symbol}` };
}

function withoutDot(response: Response): Response {
  const services = response.listServicesResponse?.service;
  if (!services) return response;
  const service = services.map(({ name }) => ({ name: name.replace(/^\./, '') }));
  return { ...response, listServicesResponse: { service } };
}
