// Original file: protos/perdura/v1/admin.proto


export interface GetTaskHubQuotasRequestInput {
}

export interface GetTaskHubQuotasRequest {
}
