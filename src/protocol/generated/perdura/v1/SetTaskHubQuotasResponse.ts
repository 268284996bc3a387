// Original file: protos/perdura/v1/admin.proto


export interface SetTaskHubQuotasResponseInput {
}

export interface SetTaskHubQuotasResponse {
}
