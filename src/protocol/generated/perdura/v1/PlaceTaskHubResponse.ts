// Original file: protos/perdura/v1/admin.proto


export interface PlaceTaskHubResponseInput {
}

export interface PlaceTaskHubResponse {
}
